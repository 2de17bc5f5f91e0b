"""Cutting faces out of photos: found, brought upright, written."""
