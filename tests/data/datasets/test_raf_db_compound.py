from pathlib import Path

from crs_plugin.data.datasets.raf_db_compound import raf_db_compound
from crs_plugin.expressions import COMPOUND_EXPRESSIONS, CoarseTable


def test_eleven_compound_expressions_without_coarse_class(tmp_path: Path, write_image) -> None:
    folder = tmp_path / "compound"
    (folder / "EmoLabel").mkdir(parents=True)
    lines = [f"train_{n:04d}.jpg {n}" for n in range(1, 12)] + ["test_0001.jpg 11"]
    (folder / "EmoLabel" / "list_patition_label.txt").write_text("\n".join(lines))
    for line in lines:
        write_image(folder / "Image" / "aligned" / f"{line.partition('.')[0]}_aligned.jpg")
    faces = raf_db_compound(root=tmp_path)
    assert faces.expressions == COMPOUND_EXPRESSIONS
    assert faces.counts()["test"] == {"disgustedly surprised": 1}
    coarse = CoarseTable.default().ids()
    assert {coarse[i] for i in faces.fine} == {-1}
