"""Any images of faces in shards of WebDataset's format: tar files, here or elsewhere."""

from collections.abc import Mapping
from pathlib import Path

from crs_plugin.data.about import About
from crs_plugin.data.dataset import DataError, FaceDataset
from crs_plugin.data.layouts.label_names import LabelNames
from crs_plugin.data.layouts.roots import data_root
from crs_plugin.data.shards.index import Fields
from crs_plugin.data.shards.opening import opened
from crs_plugin.data.shards.places import at_addresses, in_folder
from crs_plugin.data.shards.records import ShardRecords
from crs_plugin.registry import register

ABOUT = About(
    title="WebDataset shards",
    setting="your own",
    images="as many as there are",
    labels={},
    layout=("shard-000000.tar, …: in each an image and a .json, .cls or .txt of every record",),
    how_to_get=(
        "These are your own images in tar files, as 'crs data shard' or the library webdataset"
        " writes them."
    ),
)


@register("dataset", "shards")
def shards(
    *,
    root: Path | None = None,
    url: str | list[str] | None = None,
    labels: Mapping[str | int, str | None] | None = None,
    label_field: str | None = "label",
    split_field: str = "split",
    subject_field: str = "subject",
) -> FaceDataset:
    """Your own images in shards of WebDataset's format, in a folder or at addresses.

    A record is an image (``000123.jpg``) and, under the same name, its label: a field of a
    ``.json``, or else all of a ``.cls`` or ``.txt``. A shard is read as a whole when it is opened
    for the first time, unless it has the index that ``crs data shard`` writes beside it.

    Shards at addresses are fetched whole when they are wanted, and as many are kept in the cache as
    ``$CRS_CACHE_LIMIT`` allows. Decoded images that fit into the cache or memory are then as fast
    as any. Others are streamed: the samplers ``uniform`` and ``balanced`` show them in an order
    that mixes the shards of some 16,000 images at a time, for which there should be room twice;
    with other samplers, for all. Devices share each batch as always; those of one machine share
    what is fetched.

    Args:
        root: Folder of the ``.tar`` files, which may lie deeper. Default ``$CRS_DATA/shards``.
        url: Where the shards are instead (extra ``shards``): addresses of ``.tar`` files that
            fsspec can read, such as ``https://host/faces/train-{000000..000146}.tar`` or
            ``s3://bucket/…``, or of a folder that ``crs data shard`` wrote. Who you are is told to
            stores in their own way, or by variables of fsspec such as ``FSSPEC_S3_ANON=true``.
        labels: What the shards say → expression, or null to leave the record out. Names of
            expressions and their aliases need no entry. Words that do not occur are refused.
        label_field: Field of the ``.json`` with the expression; null or empty there is an image
            without a label. Null here: no image has a label.
        split_field: Field with the split (train, val, test and the like). Records without it are of
            the split that their shard's name begins with, as in ``val-000001.tar``.
        subject_field: Field that tells persons apart; null, empty or missing is an unknown person.

    Raises:
        DataError: If a shard cannot be read or a record is wrong; the message has shard and member.
        UnreachableError: If an address cannot be read.
        MissingExtraError: For addresses without the extra ``shards``.
    """
    if root is not None and url is not None:
        raise DataError("options 'root' and 'url': give one of them")
    names = LabelNames(labels, "labels")
    if url is None:
        folder = data_root(root, "shards", ABOUT.how_to_get)
        source, name, addresses = str(folder), folder.resolve().name or "shards", in_folder(folder)
    else:
        addresses = at_addresses([url] if isinstance(url, str) else url)
        source, name = addresses[0], addresses[0].split("/")[-2]
    records = ShardRecords(name, names)
    for shard, index in opened(addresses, Fields(label_field, split_field, subject_field)):
        records.add(shard, index)
    names.check(source)
    return records.dataset()
