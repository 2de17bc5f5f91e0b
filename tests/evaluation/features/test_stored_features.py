"""Features from a file in place of an encoder."""

import numpy as np
import pytest

from crs_plugin.errors import InputError
from crs_plugin.evaluation.context import EvaluationContext
from crs_plugin.evaluation.features.stored_features import StoredFeatures


@pytest.fixture
def opened(faces):
    """A context with one open data set of six images."""
    dataset = faces([0, 1, 0, 1, 0, 1])
    context = EvaluationContext(lambda: dataset, 4)
    context.open(None)
    return context


def saved(tmp_path, features, paths=None):
    file = tmp_path / "features.npy"
    np.save(file, features)
    if paths is not None:
        lines = "\n".join(["path", *paths])
        (tmp_path / "features.paths.csv").write_text(lines + "\n")
    return file


ROWS = np.arange(12, dtype=np.float32).reshape(6, 2)


def features(context, stored):
    context = context.with_encoders(stored, {})
    return context.features("trained", context.open(None).take(np.array([3, 1])))


def test_rows_are_in_the_order_of_the_data(opened, tmp_path):
    stored = StoredFeatures.of(saved(tmp_path, ROWS.astype(np.float64)), opened.datasets)
    found = features(opened, stored)
    assert found.dtype == np.float32
    assert found.tolist() == ROWS[[3, 1]].tolist()
    assert "nothing says whether their order is" in stored.note


def test_rows_are_matched_by_the_paths_beside_them(opened, tmp_path):
    order = [5, 3, 1, 0, 2, 4]
    paths = [f"patch {i}" for i in order] + ["one more"]
    rows = np.concatenate([ROWS[order], [[99, 99]]]).astype(np.float32)
    stored = StoredFeatures.of(saved(tmp_path, rows, paths), opened.datasets)
    assert features(opened, stored).tolist() == ROWS[[3, 1]].tolist()
    assert "matched by path" in stored.note


def test_rows_are_matched_below_the_top_where_the_images_have_moved(opened, tmp_path):
    paths = [f"/elsewhere/patch {i}" for i in range(6)][::-1]
    stored = StoredFeatures.of(saved(tmp_path, ROWS[::-1], paths), opened.datasets)
    assert features(opened, stored).tolist() == ROWS[[3, 1]].tolist()


@pytest.mark.parametrize(
    ("rows", "paths", "words"),
    [
        (ROWS[:5], None, r"5 rows, and faces has 6 images \(all 6\)"),
        (ROWS[:5], [f"patch {i}" for i in range(6)], "5 rows.*6 paths.*do not belong together"),
        (ROWS, ["other", *(f"patch {i}" for i in range(5))], r"lacks 1: .*patch 5"),
        (ROWS, [*(f"patch {i}" for i in range(5)), "patch 0"], "lacks 1"),
        (ROWS[0], None, r"float32 \[2\]; features are floats"),
        (ROWS.astype(int), None, "int64"),
    ],
)
def test_what_does_not_fit_is_refused(opened, tmp_path, rows, paths, words):
    with pytest.raises(InputError, match=words):
        StoredFeatures.of(saved(tmp_path, rows, paths), opened.datasets)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_list_of_paths_may_be_saved_by_a_spreadsheet(opened, tmp_path, encoding):
    file = saved(tmp_path, ROWS)
    lines = "\r\n".join(["number,path", *(f"{i},patch {i}" for i in range(6))])
    (tmp_path / "features.paths.csv").write_bytes(lines.encode(encoding))
    assert StoredFeatures.of(file, opened.datasets).order_was_checked


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"number,path\n1,patch 0\n2", r"features\.paths\.csv:3: 1 cells where the header has 2"),
        (b"path\n\xe9.png", r"features\.paths\.csv: is not UTF-8 text"),
        (b"number\n1", r"features\.paths\.csv:1: there is no column 'path'"),
        (b"path\n" + b"x" * 200_000, r"features\.paths\.csv:2: field larger than field limit"),
    ],
)
def test_a_list_of_paths_that_cannot_be_read_is_refused(opened, tmp_path, content, words):
    file = saved(tmp_path, ROWS)
    (tmp_path / "features.paths.csv").write_bytes(content)
    with pytest.raises(InputError, match=words):
        StoredFeatures.of(file, opened.datasets)


def test_a_file_that_is_none_is_refused(opened, tmp_path):
    with pytest.raises(InputError, match="no file of features"):
        StoredFeatures.of(tmp_path / "nothing.npy", opened.datasets)
    file = saved(tmp_path, np.array([{"a": 1}], dtype=object))  # a pickle
    with pytest.raises(InputError, match=r"is no \.npy file of numbers"):
        StoredFeatures.of(file, opened.datasets)
    whole = saved(tmp_path, ROWS).read_bytes()
    file.write_bytes(whole[:-10])
    with pytest.raises(InputError, match="cut short"):
        StoredFeatures.of(file, opened.datasets)


def test_features_that_are_not_finite_are_refused(opened, tmp_path):
    broken = ROWS.copy()
    broken[3, 0] = np.nan
    with pytest.raises(InputError, match=r"features\.npy: row 3 .* are not finite"):
        StoredFeatures.of(saved(tmp_path, broken), opened.datasets)


def test_one_file_serves_one_data_set(opened, faces, tmp_path):
    other = faces([0, 1], name="others")
    opened.open(lambda: other)
    with pytest.raises(InputError, match=r"features of one data set.* 2: faces, others"):
        StoredFeatures.of(saved(tmp_path, ROWS), opened.datasets)


def test_changed_images_have_no_features(opened, tmp_path):
    stored = StoredFeatures.of(saved(tmp_path, ROWS), opened.datasets)
    with pytest.raises(InputError, match="give the encoder"):
        stored.embed(opened.pixels(opened.open(None)))


def test_other_encoders_still_see_the_images(opened, eye, tmp_path):
    stored = StoredFeatures.of(saved(tmp_path, ROWS), opened.datasets)
    seen = eye()
    context = opened.with_encoders(stored, {"hog": seen})
    dataset = context.open(None)
    context.features("trained", dataset)
    assert seen.seen == list(range(6))
    assert context.features("hog", dataset).shape == (6, 24)
