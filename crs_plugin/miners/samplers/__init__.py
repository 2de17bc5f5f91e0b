"""Samplers: which images an epoch shows, in which order.

A component of this kind returns an iterable of indices, one epoch long, and is built anew for each.
What its parameters before ``/`` are called says what it is given: ``image_ids``, ``labels``,
``fine_labels``, ``shards`` (``crs_plugin.recipe.sampling``). It draws from the global generators.
"""
