"""Reducers, under the contract of pytorch-metric-learning: from losses of rows or pairs to one."""
