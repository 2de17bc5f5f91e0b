"""The cache of decoded images on the disk, which runs and processes share.

Below ``$CRS_CACHE`` (else the platform's cache folder) lies a folder per entry: the pixels of some
images at one size, as one uint8 array that is memory-mapped. Its name is a digest of what the
pixels follow from, so that a changed image or setting makes another entry; those used least
recently go when there is no room.
"""
