"""Heads: modules [B, input_dim] → [B, output_dim].

A recipe fills in ``input_dim``, and ``output_dim`` of the coarse and the fine head; a projection
head has a default for it.
"""
