"""Finished runs side by side."""

import json
import re

import numpy as np
import pytest
from report_folder import write_run

from crs_plugin.errors import InputError
from crs_plugin.evaluation.comparison import Comparison, FinishedReport

N = 300
TRUTH = np.random.default_rng(0).integers(0, 3, N)


def guesses(right: float, seed: int = 0) -> np.ndarray:
    """Predictions of which a share is right: for low seeds of nearly the same images."""
    order = np.random.default_rng(9).permutation(N)
    flipped = np.random.default_rng(seed).permutation(N)[:20]
    wrong = (TRUTH + 1) % 3
    made = np.where(order < right * N, TRUTH, wrong)
    made[flipped] = np.where(made[flipped] == TRUTH[flipped], wrong[flipped], TRUTH[flipped])
    return made


def recipe(name: str, seed: int = 0, **values) -> dict:
    return {"name": name, "seed": seed, **values}


@pytest.fixture
def run(tmp_path):
    def run(name: str, right: float, seed: int = 0, folder: str | None = None, **more):
        values = more.pop("values", {"objective": [{"name": name}]})
        place = tmp_path / (folder or f"{name}_{seed}")
        predicted = more.pop("predicted", guesses(right, seed))
        truth = more.pop("truth", TRUTH)
        write_run(place, predicted, truth, recipe=recipe(name, seed, **values), **more)
        return FinishedReport.read(place)

    return run


def row(comparison: Comparison, name: str, title: str = "CK+"):
    (target,) = (target for target in comparison.targets if target.title == title)
    return next(row for row in target.rows if row.name == name)


def test_a_clear_difference_is_said_in_words(run):
    comparison = Comparison.of([run("supcon", 0.5), run("crs_cont", 0.8)])
    made = row(comparison, "crs_cont").differences
    assert made.uar.value == pytest.approx(0.27, abs=0.04)
    low, high = made.uar.interval
    assert 0.15 < low < made.uar.value < high < 0.4
    assert re.fullmatch(
        r"crs_cont is better than supcon on CK\+ by 2\d\.\d points of UAR \(\d+\.\d–\d+\.\d\);"
        r" accuracy \+2\d\.\d \(\+.* to \+.*\)\.",
        row(comparison, "crs_cont").words,
    )
    turned = Comparison.of([e.runs[0] for e in comparison.experiments][::-1])
    assert row(turned, "supcon").words.startswith("supcon is worse than crs_cont on CK+ by 2")


def test_the_interval_is_that_of_the_report_of_one_run(run):
    """With one run on each side: what ``compare`` says of encoders of one report."""
    from crs_plugin.evaluation.metrics import compare

    ours, theirs = guesses(0.8), guesses(0.5, 3)
    comparison = Comparison.of([run("theirs", 0, predicted=theirs), run("ours", 0, predicted=ours)])
    gain = compare(TRUTH, {"ours": ours, "theirs": theirs}, 3).gains["theirs"]
    made = row(comparison, "ours").differences
    assert made.accuracy.interval == pytest.approx(gain.accuracy_interval)
    assert made.uar.value == pytest.approx(gain.uar)


def test_no_difference_shown(run):
    comparison = Comparison.of([run("a", 0.7, 1, values={"x": 1}), run("b", 0.7, 2)])
    assert row(comparison, "b").words.startswith("No difference is shown between b and a on CK+: ")


def test_seeds_of_one_recipe_are_one_experiment(run):
    reports = [run("b", 0.8, seed) for seed in (2, 0, 1)] + [run("a", 0.6, s) for s in (0, 1)]
    comparison = Comparison.of(reports)
    assert [(e.name, e.seeds) for e in comparison.experiments] == [("b", (0, 1, 2)), ("a", (0, 1))]
    accuracy = row(comparison, "b").rates["accuracy"]
    each = [(guesses(0.8, seed) == TRUTH).mean() for seed in (0, 1, 2)]
    assert accuracy.values == pytest.approx(each)
    assert accuracy.mean == pytest.approx(np.mean(each))
    assert accuracy.deviation == pytest.approx(np.std(each, ddof=1))
    assert accuracy.interval is None
    assert any("other seeds" in line for line in comparison.how)


def test_seeds_that_scatter_widen_the_interval(run):
    alike = Comparison.of([run("a", 0.5)] + [run("b", 0.6, s) for s in (0, 1)])
    scattered = Comparison.of(
        [run("c", 0.5)] + [run("d", r, s) for s, r in enumerate((0.45, 0.75))]
    )

    def width(comparison, name):
        low, high = row(comparison, name).differences.accuracy.interval
        return high - low

    assert width(scattered, "d") > 3 * width(alike, "b")
    assert row(scattered, "d").differences.accuracy.shown == "none"


def test_runs_that_differ_in_more_than_the_seed_are_named_by_what_differs(run):
    def values(weight: float) -> dict:
        return {"objective": [{"name": "crs", "class_weights": {"negative": weight}}], "x": 1}

    reports = [run("crs", 0.6, 0, f"{w}", values=values(w)) for w in (1, 0.5)]
    names = [e.name for e in Comparison.of(reports).experiments]
    assert names == ["crs negative=1", "crs negative=0.5"]


def test_evaluations_of_encoders_are_joined_by_the_recipe_that_trained_them(run):
    def plan(seed: int) -> dict:
        trained_by = {"name": "crs", "seed": seed, "optimizer": {"lr": 1}}
        return {"encoder": f"runs/{seed}", "data": [], "trained_by": trained_by}

    reports = [run("plan", 0.6, 7, f"e{seed}", values=plan(seed)) for seed in (0, 1)]
    (experiment,) = Comparison.of(reports).experiments
    assert (experiment.name, experiment.seeds) == ("crs", (0, 1))


def test_the_same_run_twice_is_refused(run):
    with pytest.raises(InputError, match="same recipe and the same seed, 0"):
        Comparison.of([run("a", 0.6), run("a", 0.6, folder="copy")])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"images": [f"other/{i}" for i in range(N)]}, "not tested on the same images"),
        ({"truth": (TRUTH + 1) % 3}, "labelled differently"),
        (
            {"truth": TRUTH[:200], "predicted": TRUTH[:200]},
            r"same images \(200 and 300 of them\)",
        ),
    ],
)
def test_other_images_are_not_compared(run, changes, why):
    comparison = Comparison.of([run("a", 0.5), run("b", 0.9, **changes)])
    assert row(comparison, "b").differences is None
    assert re.search(why, row(comparison, "b").words)


def test_persons_are_resampled_where_all_are_known(run):
    subject = np.arange(N) % 10
    runs = [run(name, r, subject=subject) for name, r in (("a", 0.5), ("b", 0.8))]
    comparison = Comparison.of(runs)
    assert row(comparison, "b").differences.by_person
    assert any("same persons" in line for line in comparison.how)


def test_a_target_that_the_first_lacks_is_shown_and_said(run):
    comparison = Comparison.of([run("a", 0.5, title="JAFFE"), run("b", 0.8)])
    assert "the latter was not tested on it" in row(comparison, "b").words


def test_what_was_not_tested_on_a_target_is_named(run):
    first, second = run("supcon", 0.5), run("crs_cont", 0.8, title="JAFFE")
    assert "crs_cont was not tested on 'only here', 'CK+'." in Comparison.of([first, second]).how
    assert not any("not tested" in line for line in Comparison.of([first]).how)


def test_curves_and_measures_stand_without_differences(run):
    comparison = Comparison.of([run("a", 0.5), run("b", 0.8)])
    curve = next(t for t in comparison.targets if not t.headline)
    assert curve.title == "CK+, images a class 5"
    assert [r.differences for r in curve.rows if not r.reference] == [None, None]
    (measure,) = comparison.measures
    assert measure.title == "retrieval: mAP, k 10"
    assert set(measure.figures) == {"a", "b"}


def test_another_run_may_be_what_others_are_compared_with(run):
    first, second = run("a", 0.5), run("b", 0.8)
    comparison = Comparison.of([first, second], second)
    assert comparison.against == "b"
    assert row(comparison, "a").words.startswith("a is worse than b")
    references = [r.name for r in comparison.targets[0].rows if r.reference]
    assert references == ["random"]


@pytest.mark.parametrize(
    ("version", "words"), [(1, "layout 1.*crs evaluate .* --recipe"), (99, "update crs_plugin")]
)
def test_reports_of_another_layout_are_refused(tmp_path, version, words):
    write_run(tmp_path / "a", TRUTH, TRUTH, recipe=recipe("a"), version=version)
    with pytest.raises(InputError, match=words):
        FinishedReport.read(tmp_path / "a")


def test_what_is_no_finished_run_is_refused(tmp_path):
    with pytest.raises(InputError, match="no run and no evaluation"):
        FinishedReport.read(tmp_path)
    (tmp_path / "recipe.yaml").write_text("")
    with pytest.raises(InputError, match=r"not finished; continue it .*--resume"):
        FinishedReport.read(tmp_path)
    (tmp_path / "report.json").write_text("{")
    with pytest.raises(InputError, match="damaged"):
        FinishedReport.read(tmp_path)


def test_missing_predictions_are_told(run):
    reports = [run("a", 0.5), run("b", 0.8)]
    (reports[1].folder / "predictions" / "2.csv").unlink()
    with pytest.raises(InputError, match=r"cannot read the predictions .*b_0/predictions/2\.csv"):
        Comparison.of(reports)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("0.png,,fear", r"2\.csv does not belong to its report: it has the class None"),
        ("0.png,,joy,fear", "has the class 'joy', and the classes are happiness, sadness, fear"),
        (f"0.png,{2**40},fear,fear", r"2\.csv is no file of predictions"),
        ("x" * 200_000 + ",,fear,fear", r"2\.csv is no file of predictions \(field larger"),
    ],
)
def test_damaged_predictions_are_told(run, line, words):
    reports = [run("a", 0.5), run("b", 0.8)]
    (reports[1].folder / "predictions" / "2.csv").write_text(f"image,subject,truth,trained\n{line}")
    with pytest.raises(InputError, match=words):
        reports[1].targets["CK+", "linear probe", "", 0].test_images()


def test_the_json_is_plain_and_documented(run):
    comparison = Comparison.of([run("a", 0.5), run("b", 0.8, missing=["knn was interrupted."])])
    found = json.loads(json.dumps(comparison.to_json()))
    layout = Comparison.to_json.__doc__
    assert all(re.search(rf"\n +{key} ", layout) for key in found)
    assert found["experiments"][1]["name"] == "b"
    rows = found["targets"][-1]["rows"]
    assert rows[1]["differences"]["uar"]["interval"][0] > 0
    assert any("Evaluations are missing in" in line for line in found["how"])


def test_figures_of_the_page_make_room_for_small_print_only_where_there_is_some(run):
    from crs_plugin.evaluation.comparison.page import comparison_page

    runs = [run("a", 0.5), run("b", 0.8)]
    assert "<small></small>" not in comparison_page(Comparison.of(runs))
    seeds = Comparison.of([*runs, run("b", 0.7, 1)])
    assert "<small></small>" in comparison_page(
        seeds
    )  # macro-F1 of a, beside that of b with its deviation


def test_the_table_and_the_page_show_all(run):
    from rich.console import Console

    from crs_plugin.evaluation.comparison.page import comparison_page
    from crs_plugin.evaluation.comparison.printing import print_comparison

    nasty = "<script>alert(1)</script>[bold]"
    comparison = Comparison.of([run("a", 0.5), run("b", 0.8, folder="b", values={"n": nasty})])
    console = Console(width=110, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    print_comparison(comparison, console)
    text = console.export_text()
    page = comparison_page(comparison)
    for words in ("only here", "retrieval: mAP, k 10", "b is better than a on CK+"):
        assert words in text
        assert words in page.replace("&#43;", "+")
    assert "<script" not in page
    assert not re.search(r"https?://|@import|url\((?!#)", page)
    assert "prefers-color-scheme: dark" in page
    assert page.count("<svg") == 1


FIGURES = re.compile(r"[+-]?\d[\d.]*–[\d.]+|[+-][\d.]+ to [+-][\d.]+|\d+\.\d")


@pytest.mark.parametrize("width", [48, 60, 80, 110])
def test_no_figure_is_broken_on_a_narrow_terminal(width, run):
    from rich.console import Console

    from crs_plugin.evaluation.comparison.printing import print_comparison

    base = [run("crs_cont_resnet18", 0.5, seed) for seed in (0, 1)]
    comparison = Comparison.of([*base, run("simclr_resnet18", 0.8), run("barlow", 1.0)])
    whole = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    print_comparison(comparison, whole)
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    print_comparison(comparison, console)
    text = console.export_text()
    assert set(FIGURES.findall(text)) == set(FIGURES.findall(whole.export_text()))
    assert "…" not in text
    assert (" target " in text) == (width >= 80)
    assert ("UAR difference +" in text) == (width < 80)
