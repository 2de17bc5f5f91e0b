"""Sweeps: a grid of recipes, run one after another or as the jobs of a cluster."""
