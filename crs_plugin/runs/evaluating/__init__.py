"""Evaluating an encoder after the fact: its plan, its folder and its report."""
