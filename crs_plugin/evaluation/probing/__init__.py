"""Classifiers on features: who trains them, who chooses, who is tested."""
