"""Loggers: they get the run's folder before ``/``, and return a logger of Lightning.

Their libraries are imported when one is built; ``needs`` names them, for before.
"""
