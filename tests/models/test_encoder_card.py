from dataclasses import replace

from tiny_encoder import tiny_encoder

from crs_plugin.models.encoder_card import LICENCE, encoder_card

SEEN = {
    "recipe": "crs_cont",
    "data": "ferplus",
    "images": 25060,
    "labels": "4 coarse classes",
    "objective": ["crs_cont", "coarse_cross_entropy"],
    "weights_before": "None",
    "images_without_label": 3,
    "excluded_expressions": {"fear": 1200, "disgust": 3},
}


def card(*arguments, **options) -> str:
    info = replace(tiny_encoder().info, seen=SEEN)
    return encoder_card(info, "0123456789abcdef" * 4, *arguments, **options)


def test_it_says_what_was_seen_and_what_it_is():
    text = card(recipe="name: crs_cont\n")
    assert text.startswith("# Encoder card: crs_cont\n")
    for line in (
        "- Data: ferplus",
        "- Images: 25,060",
        "- Labels used: 4 coarse classes",
        "- Objective: crs_cont, coarse_cross_entropy",
        "- Weights before: none",
        "- Images without a label: 3",
        "- Expressions kept from it, with their images: fear 1,200, disgust 3",
        "````yaml\nname: crs_cont\n````",
    ):
        assert line in text
    assert "RGB images of 16 × 16 px → 6 features. Digest `0123456789abcdef`" in text


def test_figures_are_a_table_with_random_and_hog_beside():
    rows = [
        {"target": "wild|lab", "UAR": 0.7371, "random": 0.4, "HOG": None, "images": 3068},
        {"target": "unseen", "UAR": "60.1 (55–65)", "seeds": 3},
    ]
    lines = card(rows).splitlines()
    place = lines.index("| target | UAR | random | HOG | images | seeds |")
    assert lines[place + 1] == "| --- | --- | --- | --- | --- | --- |"
    assert lines[place + 2] == "| wild\\|lab | 73.7 | 40.0 | – | 3,068 | – |"
    assert lines[place + 3] == "| unseen | 60.1 (55–65) | – | – | – | 3 |"
    assert "it was not evaluated" in card()


def test_limits_licence_and_warning_are_always_there():
    text = card(limits=["Tested on 12 images."])
    assert "- Tested on 12 images." in text
    assert LICENCE in text
    assert "What this cannot tell" in text
    assert "not what somebody feels" in text
    assert "Mine alone." in card(licence="Mine alone.")
    assert LICENCE not in card(licence="Mine alone.")
