import pytest

from crs_plugin.data import DataError
from crs_plugin.data.label_names import LabelNames, nearest, split_name
from crs_plugin.expressions import fine_id


def test_table_comes_before_names_and_aliases() -> None:
    names = LabelNames({"0": "angry", "happy": "contempt", "junk": None}, "labels")
    assert names.fine_id("0", "x") == fine_id("anger")
    assert names.fine_id("happy", "x") == fine_id("contempt")
    assert names.fine_id("junk", "x") is None
    assert names.fine_id("Afraid", "x") == names.fine_id("Afraid", "x") == fine_id("fear")


def test_numbers_as_yaml_writes_them_are_labels() -> None:
    assert LabelNames({3: "happy"}, "labels").fine_id("3", "x") == fine_id("happiness")


def test_unknown_label_names_the_line_the_nearest_and_the_option() -> None:
    with pytest.raises(DataError) as raised:
        LabelNames(None, "labels").fine_id("suprize", "a.csv:7")
    message = str(raised.value)
    assert message.startswith("a.csv:7: unknown expression 'suprize' (did you mean 'surprise'?)")
    assert "option 'labels'" in message


def test_table_with_an_unknown_expression_is_refused() -> None:
    with pytest.raises(DataError, match=r"option 'labels', label '0': .*did you mean 'anger'"):
        LabelNames({"0": "angar"}, "labels")


@pytest.mark.parametrize(
    ("word", "split"),
    [
        ("Training", "train"),
        ("VAL", "valid"),
        ("validation", "valid"),
        (" test ", "test"),
        ("PublicTest", "valid"),
        ("FER2013Test", "test"),
        ("anger", None),
        ("", None),
    ],
)
def test_words_for_splits(word: str, split: str | None) -> None:
    assert split_name(word) == split


def test_nearest() -> None:
    assert nearest("lable", ["path", "label"]) == " (did you mean 'label'?)"
    assert nearest("zzz", ["path"]) == ""
