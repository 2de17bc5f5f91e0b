import dataclasses
import json

import pytest
from test_report import report, result

from crs_plugin.evaluation.report import write_report
from crs_plugin.evaluation.report.leaks import Comparison, Leaks

TRAINED = Comparison("pre-training (a)", "test of <b>", 40, 3, 2, 1, True, True)
CLEAN = Comparison("pre-training (a)", "test of c", 9, 0, 0, None, False, True)
SPLITS = Comparison("a: train", "a: test", 8, 0, 1, 0, True, False)


def written(folder, leaks: Leaks | None) -> tuple[str, dict]:
    write_report(folder, dataclasses.replace(report(result(0.8, 0.5)), leaks=leaks))
    page = " ".join((folder / "report.html").read_text().split())
    return page, json.loads((folder / "report.json").read_text())["leaks"]


def test_a_leak_is_told_first_and_counted_with_the_data(tmp_path):
    leaks = Leaks("warn", (TRAINED, CLEAN, SPLITS), not_checked=("my_probe",))
    page, document = written(tmp_path, leaks)
    assert "What is tested was trained on" in page
    assert page.index("What is tested was trained on") < page.index('id="results"')
    assert "test of &lt;b&gt;: these results are too good" in page
    assert page.count("<b>leaks</b>") == 2
    assert "<td>not known</td>" in page
    assert "do not say what they test: my_probe" in page
    assert document["on_leak"] == "warn"
    assert document["dropped"] == 0
    assert document["not_checked"] == ["my_probe"]
    assert document["compared"][0] == dataclasses.asdict(TRAINED)


def test_what_was_left_out_is_no_warning(tmp_path):
    page, document = written(tmp_path, Leaks("drop_from_train", (TRAINED,), dropped=1234))
    assert "What is tested was trained on" not in page
    assert "1,234 images were left out of pre-training" in page
    assert document["dropped"] == 1234


def test_copies_between_splits_are_no_warning_of_the_run(tmp_path):
    page, _ = written(tmp_path, Leaks("warn", (SPLITS,)))
    assert "What is tested was trained on" not in page
    assert "Nothing leaks" not in page


@pytest.mark.parametrize("leaks", [None, Leaks("warn", (CLEAN,))])
def test_no_leak_is_told_if_it_was_looked_for(tmp_path, leaks):
    page, document = written(tmp_path, leaks)
    assert ("Nothing leaks" in page) == (leaks is not None)
    assert (document is None) == (leaks is None)
