"""Optimizers: they get parameter groups before ``/``, and return an optimizer of torch.

A group has ``params``, and ``norm_or_bias`` true for the parameters of normalisation layers and for
biases, which ``crs_plugin.pretraining.weight_decay`` turns into groups that torch takes.
"""
