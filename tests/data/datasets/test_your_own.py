"""A new data set is one file: registered, opened through a recipe, and listed like the others."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import crs_plugin
from crs_plugin.data.about import about
from crs_plugin.registry import Registry
from crs_plugin.testing import check_dataset

MY_FACES = '''
    """My faces: files called like P07_smile_03.png."""

    import re
    from pathlib import Path

    from crs_plugin.data.about import About
    from crs_plugin.data.layouts.coded_names import coded_images
    from crs_plugin.data.dataset import FaceDataset
    from crs_plugin.data.layouts.records import Records
    from crs_plugin.data.layouts.roots import data_root
    from crs_plugin.expressions import fine_id
    from crs_plugin.registry import register

    ABOUT = About(
        title="My faces",
        setting="lab",
        images="12 of 3 persons",
        labels={"SMILE": "happiness", "FROWN": "anger"},
        layout=("P07_smile_03.png",),
        how_to_get="Ask me.",
    )


    @register("dataset", "my_faces")
    def my_faces(*, root: Path | None = None, smiles_only: bool = False) -> FaceDataset:
        """My faces, smiling or frowning.

        Args:
            root: Folder of the images. Default ``$CRS_DATA/my_faces``.
            smiles_only: Leave the others out.
        """
        records = Records("my_faces", data_root(root, "my_faces", ABOUT.how_to_get))
        code = re.compile(r"(P\\d\\d)_(SMILE|FROWN)_\\d\\d")
        for path, match in coded_images(records, code, "P07_smile_03.png"):
            if smiles_only and match[2] == "FROWN":
                records.skip("frown, left out by 'smiles_only'")
            else:
                records.add(path, fine_id(ABOUT.labels[match[2]]), "all", match[1])
        return records.dataset()
'''

RECIPE = """
    extends: crs_cont_resnet18
    plugins: [./my_faces.py]
    data: {name: my_faces, root: ./faces}
    training: {batch_size: 4}
    evaluation: []
"""


@pytest.fixture
def folder(tmp_path: Path, write_image) -> Path:
    """A folder with the one file, a recipe, and twelve faces."""
    (tmp_path / "my_faces.py").write_text(textwrap.dedent(MY_FACES))
    (tmp_path / "mine.yaml").write_text(textwrap.dedent(RECIPE))
    for person in (7, 8, 9):
        for n in range(4):
            name = f"P{person:02d}_{'smile' if n % 2 else 'frown'}_{n:02d}.png"
            write_image(tmp_path / "faces" / name, 48, seed=10 * person + n)
    return tmp_path


def test_it_keeps_the_contract_and_tells_what_it_is(folder: Path, monkeypatch) -> None:
    fresh = Registry(rooms={})
    monkeypatch.setattr("crs_plugin.registry.register", fresh.register)
    fresh.load_plugin("./my_faces.py", folder)
    my_faces = fresh.get("dataset", "my_faces").target
    check_dataset(lambda: my_faces(root=folder / "faces"))
    assert my_faces(root=folder / "faces", smiles_only=True).counts() == {"all": {"happiness": 6}}
    assert about(my_faces).title == "My faces"


def validate(folder: Path, *changes: str) -> subprocess.CompletedProcess[str]:
    # In a process of its own, as what a plugin registers stays known.
    command = [sys.executable, "-m", "crs_plugin", "recipe", "validate", "mine.yaml", "--data"]
    sets = [word for change in changes for word in ("--set", change)]
    environment = {**os.environ, "PYTHONPATH": str(Path(crs_plugin.__file__).parents[1])}
    return subprocess.run(
        [*command, *sets], cwd=folder, env=environment, capture_output=True, text=True
    )


def test_a_recipe_opens_it(folder: Path) -> None:
    opened = validate(folder)
    assert (opened.returncode, opened.stderr) == (0, "")
    assert "unreadable images of my_faces: done\nmine.yaml: valid" in opened.stdout
    refused = validate(folder, "data.smile_only=true")
    assert refused.returncode == 2
    assert "did you mean 'smiles_only'?" in refused.stderr
