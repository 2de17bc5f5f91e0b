"""Backbones: images [B, 3, S, S] → features [B, F].

A component of this kind returns a module that says F in its attribute ``feature_dim``. Its option
``weights``, if it has one, is what pre-training starts from; an encoder's file keeps the others.
"""
