import pytest

from crs_plugin.expressions import (
    ALIASES,
    ALL_EXPRESSIONS,
    COARSE_CLASSES,
    COMPOUND_EXPRESSIONS,
    EXPRESSIONS,
    UNLABELLED,
    CoarseTable,
    UnknownExpressionError,
    canonical_expression,
    fine_id,
)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("happy", "happiness"),
        ("angry", "anger"),
        ("sad", "sadness"),
        ("surprised", "surprise"),
        ("suprise", "surprise"),
        ("disgusted", "disgust"),
        ("digust", "disgust"),
        ("afraid", "fear"),
        ("fearful", "fear"),
        ("neutrality", "neutral"),
        ("neural", "neutral"),
        ("contemptuous", "contempt"),
    ],
)
def test_aliases_seen_in_the_wild(label: str, name: str) -> None:
    assert canonical_expression(label) == name


@pytest.mark.parametrize("name", ALL_EXPRESSIONS)
def test_canonical_names_stay(name: str) -> None:
    assert canonical_expression(name) == name


@pytest.mark.parametrize(
    "label",
    [
        "Happily Surprised",
        "happily_surprised",
        "happily-surprised",
        "happily/surprised",
        "  HAPPILY   surprised ",
    ],
)
def test_spelling_of_compounds_does_not_matter(label: str) -> None:
    assert canonical_expression(label) == "happily surprised"


@pytest.mark.parametrize(
    ("label", "suggestion"),
    [
        ("happines", "happiness"),
        ("Angr", "anger"),
        ("supprised", "surprise"),
        ("sadly angri", "sadly angry"),
        ("surprize", "surprise"),
        ("hapiness", "happiness"),
        ("agner", "anger"),
        ("fera", "fear"),
        ("NETURAL", "neutral"),
    ],
)
def test_unknown_label_suggests_the_canonical_name(label: str, suggestion: str) -> None:
    with pytest.raises(UnknownExpressionError) as raised:
        canonical_expression(label)
    assert repr(label) in str(raised.value)
    assert f"did you mean {suggestion!r}?" in str(raised.value)


@pytest.mark.parametrize(
    "label",
    ["", "7", "xyzzy", "triste", "tristesse", "peur", "wut", "angst", "rage", "upset", "unhappy"],
)
def test_unknown_label_without_neighbour_lists_what_is_known(label: str) -> None:
    with pytest.raises(UnknownExpressionError, match="known are neutral, happiness") as raised:
        canonical_expression(label)
    assert "did you mean" not in str(raised.value)


def test_no_alias_hides_a_canonical_name_and_all_lead_to_one() -> None:
    assert not set(ALIASES) & set(ALL_EXPRESSIONS)
    assert set(ALIASES.values()) <= set(EXPRESSIONS)


def test_fine_ids_are_the_documented_order() -> None:
    assert [fine_id(name) for name in EXPRESSIONS] == list(range(8))
    assert [fine_id(name) for name in COMPOUND_EXPRESSIONS] == list(range(8, 19))
    assert fine_id("disgust") == 5


def test_default_table_is_the_methods() -> None:
    table = CoarseTable.default()
    assert table.classes == COARSE_CLASSES == ("positive", "negative", "neutral", "surprise")
    ids = dict(zip(ALL_EXPRESSIONS, table.ids(), strict=True))
    assert {name: ids[name] for name in EXPRESSIONS} == {
        "neutral": 2,
        "happiness": 0,
        "surprise": 3,
        "sadness": 1,
        "anger": 1,
        "disgust": 1,
        "fear": 1,
        "contempt": 1,
    }
    assert all(ids[name] == UNLABELLED for name in COMPOUND_EXPRESSIONS)


def test_fine_table_makes_each_basic_expression_a_class() -> None:
    table = CoarseTable.fine()
    assert table.ids() == (*range(8), *[UNLABELLED] * 11)


def test_own_table_takes_aliases_and_compounds_and_keeps_the_methods_order() -> None:
    table = CoarseTable.from_mapping(
        {
            "angry": "unpleasant",
            "sad": "negative",
            "happy": "positive",
            "happily_surprised": "positive",
        }
    )
    assert table.classes == ("positive", "negative", "unpleasant")
    ids = dict(zip(ALL_EXPRESSIONS, table.ids(), strict=True))
    assert ids["happily surprised"] == ids["happiness"] == 0
    assert ids["sadness"] == 1
    assert ids["anger"] == 2
    assert ids["fear"] == UNLABELLED


def test_own_table_refuses_unknown_expressions() -> None:
    with pytest.raises(UnknownExpressionError, match="did you mean 'contempt'"):
        CoarseTable.from_mapping({"contemt": "negative"})


def test_own_table_refuses_two_classes_for_one_expression() -> None:
    same = {"happy": "positive", "happiness": "positive"}
    assert CoarseTable.from_mapping(same).of == {"happiness": "positive"}
    with pytest.raises(ValueError, match=r"'happiness' cannot be .* 'other'.* of 'positive'"):
        CoarseTable.from_mapping({**same, "happiness": "other"})
