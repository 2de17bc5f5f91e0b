"""Data sets of faces: one contract for all, one file for each, and what they are made into."""

from crs_plugin.data.dataset import DataError, FaceDataset, concatenate
from crs_plugin.data.decoding import decode
from crs_plugin.data.splitting import split_off

__all__ = ["DataError", "FaceDataset", "concatenate", "decode", "split_off"]
