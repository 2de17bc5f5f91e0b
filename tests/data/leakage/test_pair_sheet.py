import numpy as np
from copies_of_faces import dataset_of, nobody, part_of, versions

from crs_plugin.data.leakage.copies import find_copies
from crs_plugin.data.leakage.overlap import overlap
from crs_plugin.data.leakage.pair_sheet import pair_sheet


def test_pairs_stand_side_by_side(faces, tmp_path):
    one, other = dataset_of(faces, tmp_path), dataset_of(versions(faces, "brighter"), tmp_path)
    parts = [part_of("a", one), part_of("b", other), part_of("c", one, [0, 1, 2])]
    copies = find_copies(parts, nobody)
    many, few = overlap(parts, copies, 0, 1), overlap(parts, copies, 2, 1)
    sheet = np.array(pair_sheet([many, few, overlap(parts, copies, 0, 2)]))
    assert sheet.shape[1] == 6 * (2 * 72 + 10)
    first, second = sheet[24 : 24 + 72, :72], sheet[24 : 24 + 72, 72:144]
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] > 0.97
    assert sheet.shape[0] == 3 * 24 + (4 + 1 + 1) * 88
