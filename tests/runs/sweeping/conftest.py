"""The fixtures of a small recipe."""

from small_recipe import small, valid, valid_text, write

__all__ = ["small", "valid", "valid_text", "write"]
