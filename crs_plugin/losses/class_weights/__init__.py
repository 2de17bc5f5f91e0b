"""Weights of the coarse classes in the loss: the paper's key idea, a kind of component of its own.

A component of this kind gets the names of the coarse classes (``class_names``) and returns a
:class:`ClassWeights`.
"""

from crs_plugin.losses.class_weights.class_weights import ClassWeights
from crs_plugin.losses.class_weights.fixed import FixedClassWeights

__all__ = ["ClassWeights", "FixedClassWeights"]
