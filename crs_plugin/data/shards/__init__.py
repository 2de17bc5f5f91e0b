"""Shards: the images of a data set in tar files of some hundred to some thousand, as WebDataset's.

A tar file that is not compressed can be read at any place, once it is known what begins where. So
every shard has an index, made by reading it once, and its images are images like others: addressed
by a number, in whatever order a run draws. That is why the library ``webdataset``, whose data sets
are streams without numbers, is not used for reading: a stream can be resumed only by reading it
again from its start. What is written here it can read, and the other way round.
"""
