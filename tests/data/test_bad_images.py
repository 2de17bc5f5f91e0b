import os

from crs_plugin.data.bad_images import BadImage, as_tsv, listed


def test_the_first_twenty_are_a_table_and_the_others_are_counted() -> None:
    bad = [BadImage("a" * (1 + n % 3), f"reason {n}") for n in range(25)]
    lines = listed(bad).splitlines()
    assert lines[0] == ""
    assert lines[1:3] == ["  a:   reason 0", "  aa:  reason 1"]
    assert len(lines) == 22
    assert lines[-1] == "  … and 5 more"
    assert listed([]) == ""


def test_a_file_has_all_of_them_a_line_each_whatever_their_names() -> None:
    strange = os.fsdecode(b"line\nand \xff byte")
    text = as_tsv([BadImage(strange, "why\tnot"), BadImage("ä b", "x")])
    assert text == b"line\\nand \xff byte\twhy\\tnot\n" + "ä b\tx\n".encode()


def test_a_reason_does_not_repeat_the_name():
    named = ValueError("a.png: cannot be read: no such file")
    assert BadImage.of("a.png", named) == BadImage("a.png", "cannot be read: no such file")
    assert BadImage.of("a.png", ValueError("its landmarks coincide")).reason == (
        "its landmarks coincide"
    )
