"""Weights of the coarse classes in the loss: the paper's key idea, a kind of component of its own.

A component of this kind gets the names of the coarse classes (``class_names``) and, if it has such
an option, how many training images each of them has (``class_counts``). It returns a
:class:`ClassWeights`.
"""

from crs_plugin.losses.class_weights.class_weights import ClassWeights
from crs_plugin.losses.class_weights.effective_number import EffectiveNumberClassWeights
from crs_plugin.losses.class_weights.fixed import FixedClassWeights
from crs_plugin.losses.class_weights.inverse_frequency import InverseFrequencyClassWeights
from crs_plugin.losses.class_weights.schedule import ScheduledClassWeights

__all__ = [
    "ClassWeights",
    "EffectiveNumberClassWeights",
    "FixedClassWeights",
    "InverseFrequencyClassWeights",
    "ScheduledClassWeights",
]
