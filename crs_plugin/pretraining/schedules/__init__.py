"""Schedules of the learning rate, stepped once a step.

They get the optimizer, the steps of the run and those of an epoch before ``/``, and return a
scheduler of torch.
"""
