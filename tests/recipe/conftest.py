"""The fixtures of a small recipe."""

from small_recipe import load, problems, small, valid, valid_text, write

__all__ = ["load", "problems", "small", "valid", "valid_text", "write"]
