import pytest

from crs_plugin.data import DataError
from crs_plugin.data.layouts.label_names import LabelNames, split_name
from crs_plugin.expressions import fine_id


def test_table_comes_before_names_and_aliases() -> None:
    names = LabelNames({"0": "angry", "happy": "contempt", "junk": None}, "labels")
    assert names.fine_id("0", "x") == fine_id("anger")
    assert names.fine_id("happy", "x") == fine_id("contempt")
    assert names.fine_id("junk", "x") is None
    assert names.fine_id("Afraid", "x") == names.fine_id("Afraid", "x") == fine_id("fear")


def test_what_labels_mean_is_known_of_those_that_occurred() -> None:
    names = LabelNames({"0": "angry", "junk": None, "9": "fear"}, "labels")
    for label in ("happy", "0", "junk", "happy"):
        names.fine_id(label, "x")
    assert names.meanings == {"happy": "happiness", "0": "anger", "junk": None}


def test_numbers_as_yaml_writes_them_are_labels() -> None:
    assert LabelNames({3: "happy"}, "labels").fine_id("3", "x") == fine_id("happiness")


def test_unknown_label_names_the_line_the_nearest_and_the_option() -> None:
    names = LabelNames(None, "labels")
    assert names.fine_id("suprize", "a.csv:7") is None
    with pytest.raises(DataError) as raised:
        names.check("a.csv")
    message = str(raised.value)
    assert message.startswith("a.csv:7: unknown expression 'suprize' (did you mean 'surprise'?)")
    assert "option 'labels' what 'suprize' stands for" in message


def test_all_unknown_labels_are_told_at_once_each_at_its_first_line() -> None:
    names = LabelNames({"joy": "happiness"}, "labels")
    for line, label in enumerate(["joy", "hapy", "sadd", "anger", "hapy"], start=2):
        names.fine_id(label, f"a.csv:{line}")
    with pytest.raises(DataError) as raised:
        names.check("a.csv")
    message = str(raised.value)
    assert "a.csv:3: unknown expression 'hapy' (did you mean 'happiness'?), a.csv:4: " in message
    assert "'sadd' (did you mean 'sadness'?); known are neutral" in message
    assert message.count("known are") == message.count("hapy") == 1
    assert "what each stands for" in message


def test_many_unknown_labels_are_told_in_short() -> None:
    names = LabelNames(None, "labels")
    for number in range(50):
        names.fine_id(f"x{number}", "a.csv:2")
    with pytest.raises(DataError, match=r"'x19', … \(50 in all\); known are"):
        names.check("a.csv")


def test_a_label_of_the_table_that_does_not_occur_is_told() -> None:
    names = LabelNames({"hapy": "happiness", "9": None}, "labels")
    names.fine_id("hapi", "a.csv:2")
    with pytest.raises(DataError) as raised:
        names.check("a.csv")
    assert "'labels' names 'hapy' (did you mean 'hapi'?), '9', which are not in a.csv" in str(
        raised.value
    )


def test_nothing_is_said_of_labels_that_are_right() -> None:
    names = LabelNames({"3": "happiness", "9": None}, "labels")
    for label in ("3", "9", "angry"):
        names.fine_id(label, "a.csv:2")
    names.check("a.csv")


def test_table_with_an_unknown_expression_is_refused() -> None:
    with pytest.raises(DataError, match=r"option 'labels', label '0': .*did you mean 'anger'"):
        LabelNames({"0": "angar"}, "labels")


def test_all_unknown_expressions_of_a_table_are_told_at_once() -> None:
    with pytest.raises(DataError, match=r"label '0': .*'anger'.*label '5': .*'fear'.*known are"):
        LabelNames({"0": "angar", "1": "happy", "5": "feer"}, "labels")


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
