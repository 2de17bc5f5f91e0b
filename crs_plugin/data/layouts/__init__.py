"""Data sets as they lie on disk: folders, names and label files, and the records read from them."""
