import dataclasses
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

from crs_plugin.data.dataset import FaceDataset
from crs_plugin.evaluation.error_examples import ErrorExamples
from crs_plugin.evaluation.features.embedding_sample import EmbeddingSample
from crs_plugin.evaluation.report import (
    DataCounts,
    EvaluatedEncoder,
    Outcome,
    RunReport,
    Seen,
    write_report,
)
from crs_plugin.evaluation.report.verdict import in_points, verdict
from crs_plugin.evaluation.result import EvaluationResult
from crs_plugin.evaluation.scored_target import scored_target
from crs_plugin.evaluation.summary import Summary, summary_table
from crs_plugin.evaluation.views import Views

NASTY = '<script>alert("x & y")</script>$z$'


class Named:
    """Images that are never looked at."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __len__(self) -> int:
        return self.n

    def name(self, index: int) -> str:
        return f"{NASTY} {index}.png"


def labelled_faces(truth: np.ndarray) -> FaceDataset:
    n = len(truth)
    unknown = np.full(n, -1, np.int32)
    return FaceDataset("faces", Named(n), truth.astype(np.int16), np.zeros(n, np.int8), unknown)


def result(
    trained: float, random: float, title: str = "wild", n: int = 300, chosen: bool = True
) -> EvaluationResult:
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 2, n)
    predicted = {
        name: np.where(order < right * n, truth, 1 - truth)
        for name, right, order in (
            ("trained", trained, np.arange(n)),
            ("random", random, np.arange(n)[::-1]),
        )
    }
    target = scored_target(
        title,
        labelled_faces(truth),
        truth,
        predicted,
        ("neutral", "happiness", NASTY),
        train_data="faces: 900 images",
        test_data=f"faces: {n} images",
        seed=0,
        chosen={"trained": "C = 0.1", "random": "C = 1"} if chosen else {},
    )
    return EvaluationResult(title, "linear probe", (target,), notes=("A note.",))


def report(*results: EvaluationResult, warnings: tuple[str, ...] = ()) -> RunReport:
    generator = np.random.default_rng(1)
    features = generator.normal(size=(2, 24, 8)).astype(np.float32)
    rows = [
        {
            "step": step,
            "epoch": 0,
            "lr": 0.1,
            "loss": 3.0,
            "coarse_accuracy": 0.5,
            "embedding_spread": float("nan") if step == 7 else 0.08,
            "terms": {NASTY: {"value": 5.0 - step / 100, "collapsed": 4.85}},
        }
        for step in range(0, 450)
    ]
    return RunReport(
        name=f"run {NASTY}",
        recipe=f"name: {NASTY}",
        finished="today",
        seen=Seen(("faces",), 900, 900, "4 coarse classes", 1800),
        data=(
            DataCounts(NASTY, "everything", {"train": {NASTY: 9, "fear": 4}}, 3, {"no image": 2}),
            DataCounts("empty", "nothing", {}),
        ),
        parameters={"backbone": 11_000_000},
        outcome=Outcome(450, 2, 1.5, 3725.0, warnings),
        spread_reference=128**-0.5,
        metrics=rows,
        results=results,
        environment={"torch": "2"},
        views=Views(
            originals=torch.zeros(3, 1, 10, 10, dtype=torch.uint8),
            names=("fear", "anger", NASTY),
            draws=((torch.zeros(3, 3, 8, 8), torch.ones(3, 3, 8, 8)),) * 2,
            mean=(0.5,) * 3,
            std=(0.2,) * 3,
        ),
        preview=Image.new("RGB", (20, 10)),
        errors=(
            ErrorExamples(
                "wild",
                (
                    ("fear", torch.zeros(2, 1, 8, 8, dtype=torch.uint8), ("anger", NASTY)),
                    (NASTY, torch.zeros(1, 3, 8, 8, dtype=torch.uint8), ("fear",)),
                ),
            ),
        ),
        embedding=EmbeddingSample(
            "test images of faces",
            ("fear", NASTY) * 12,
            ("a", "b") * 12,
            {"trained": features[0], "random": features[1]},
        ),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run")
    told = report(result(0.9, 0.5), result(0.6, 0.58, "lab"), warnings=(f"collapsed {NASTY}",))
    assert write_report(path, told) == path / "report.html"
    return path


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data) -> None:
        self.text += data


def test_the_page_asks_for_nothing(folder) -> None:
    text = (folder / "report.html").read_text()
    page = Page(text)
    assert not re.search(r"https?://|@import|url\((?!#)", text)
    assert not {"script", "link", "iframe", "base"} & {
        tag for tag, attributes in page.tags if attributes.get("href") != "data:,"
    }
    for _, attributes in page.tags:
        for name in ("src", "href", "xlink:href", "srcset"):
            assert re.match(r"#|data:|$", (attributes.get(name) or "").strip())


def test_names_are_escaped(folder) -> None:
    text = (folder / "report.html").read_text()
    assert "<script" not in text
    assert Page(text).text.count(NASTY) >= 8


def test_every_picture_says_what_it_shows(folder) -> None:
    page = Page((folder / "report.html").read_text())
    pictures = [a for tag, a in page.tags if tag == "img"]
    drawings = [a for tag, a in page.tags if tag == "svg"]
    assert len(pictures) == 3
    assert len(drawings) == 1 + 4 + 4 + 3 + 2
    assert all(a.get("alt") for a in pictures)
    assert all(a.get("aria-label") for a in drawings)


def test_ids_of_the_drawings_do_not_clash(folder) -> None:
    page = Page((folder / "report.html").read_text())
    clips = [a["id"] for tag, a in page.tags if tag == "clippath"]
    assert len(clips) == len(set(clips)) > 0


def test_warnings_and_the_difference_are_on_the_page(folder) -> None:
    text = Page((folder / "report.html").read_text()).text
    assert f"collapsed {NASTY}" in text
    assert "beats a random one on 1 of 2 targets" in text
    assert "no difference shown: +" in text
    assert "1 h 2 min" in text
    assert "Trained: C = 0.1. Random: C = 1." in text
    assert "one of 24 test images of faces" in text


def test_the_json_has_the_documented_layout(folder) -> None:
    found = json.loads((folder / "report.json").read_text())
    assert found["version"] == 2
    assert list(found) == [
        "version", "name", "recipe", "finished", "verdict", "encoder", "missing", "seen", "data",
        "leaks", "parameters", "outcome", "spread_reference", "class_weights", "last_metrics",
        "results", "environment",
    ]  # fmt: skip
    first = found["results"][0]
    assert list(first) == ["title", "protocol", "headline", "targets", "measures", "notes"]
    (target,) = first["targets"]
    assert list(target) == [
        "title", "train_data", "test_data", "class_names", "scores", "gains", "chosen", "at",
    ]  # fmt: skip
    assert list(target["scores"]) == ["trained", "random"]
    assert list(target["gains"]) == ["random"]
    assert target["scores"]["trained"]["per_class_recall"][2] is None
    assert np.array(target["scores"]["trained"]["confusion"]).sum() == 300
    assert found["data"][0]["counts"] == {"train": {NASTY: 9, "fear": 4}}


def test_figures_are_files_with_their_numbers(folder) -> None:
    figures = folder / "figures"
    for svg in figures.glob("*.svg"):
        assert ElementTree.parse(svg).getroot().tag == "{http://www.w3.org/2000/svg}svg"
        assert svg.with_suffix(".csv").is_file()
    assert len(list(figures.glob("*.svg"))) == 14
    assert (figures / "confusion_1_trained.csv").read_text().count("\n") == 4
    assert Image.open(figures / "views.png").width > 200
    assert not [path for path in folder.rglob("*") if path.name.startswith(".")]


def test_drawing_leaves_matplotlib_as_it_was(tmp_path) -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    write_report(tmp_path, report(result(0.9, 0.5)))
    assert dict(matplotlib.rcParams) == before


def test_the_report_is_the_same_when_written_again(folder, tmp_path) -> None:
    told = report(result(0.9, 0.5), result(0.6, 0.58, "lab"), warnings=(f"collapsed {NASTY}",))
    write_report(tmp_path, told)
    assert (tmp_path / "report.html").read_bytes() == (folder / "report.html").read_bytes()


def test_a_run_without_results_or_pictures_has_a_report(tmp_path) -> None:
    bare = dataclasses.replace(
        report(), metrics=[], views=None, preview=None, embedding=None, data=()
    )
    text = Page(write_report(tmp_path, bare).read_text()).text
    assert "Not evaluated" in text


def told_of(tmp_path: Path, **changes) -> str:
    whole = report(result(0.9, 0.5))
    seen = dataclasses.replace(whole.seen, **changes)
    page = Page(write_report(tmp_path, dataclasses.replace(whole, seen=seen)).read_text())
    return " ".join(page.text.split())


def test_the_page_counts_the_images_that_were_seen(tmp_path) -> None:
    text = told_of(tmp_path)
    assert "Images in data900" in text
    assert "Epochs1.5" in text
    assert "Steps × batch450 × 2" in text
    assert "Images passed900" in text
    assert "ever shown" not in text
    assert "Only 870 of the 900 images were ever shown to it" in told_of(tmp_path, images=870)


def test_the_page_says_what_the_encoder_knows_besides(tmp_path) -> None:
    assert "with 4 coarse classes. That is all it has seen." in told_of(tmp_path)
    assert "on faces without labels." in told_of(tmp_path, labels="none")
    kept = told_of(tmp_path, excluded={"fear": 1200, "disgust": 3})
    assert "Its recipe kept from it all images of fear (1,200), disgust (3)." in kept
    text = told_of(tmp_path, weights_before="IMAGENET1K_V1")
    assert "It started from the weights IMAGENET1K_V1" in text
    assert "That is all" not in text


def test_the_page_claims_no_more_than_the_run_was(tmp_path) -> None:
    text = Page(write_report(tmp_path, report(result(0.5, 0.5))).read_text()).text
    assert "CRS-CONT" not in text
    assert "it beats a random one nowhere" in text
    bare = dataclasses.replace(report(), embedding=None)
    assert "linear classifier" not in Page(write_report(tmp_path, bare).read_text()).text


def alone(told: EvaluationResult) -> EvaluationResult:
    """The result without anything beside the encoder."""
    targets = tuple(
        dataclasses.replace(target, scores={"trained": target.trained}, gains={})
        for target in told.targets
    )
    return dataclasses.replace(told, targets=targets)


def test_the_page_speaks_only_of_references_that_there_are(tmp_path) -> None:
    beside = " ".join(
        Page(write_report(tmp_path, report(result(0.9, 0.5))).read_text()).text.split()
    )
    assert "stands beside that of a random encoder" in beside
    assert "Trained − random" in beside
    assert "hog" not in beside
    text = Page(write_report(tmp_path, report(alone(result(0.9, 0.5)))).read_text()).text
    assert "No random encoder stands beside it" in text
    assert "stands beside that of" not in text
    assert "Trained − random" not in text


def test_what_was_kept_from_an_encoder_is_told_after_the_fact_too(tmp_path) -> None:
    seen = Seen(("faces",), 900, 900, "none", None, excluded={"fear": 1200, "disgust": 3})
    encoder = EvaluatedEncoder("e.safetensors", "resnet18", 48)
    told = dataclasses.replace(report(result(0.5, 0.5)), seen=seen, outcome=None, encoder=encoder)
    text = " ".join(Page(write_report(tmp_path, told).read_text()).text.split())
    assert "Its recipe kept from it all images of fear (1,200), disgust (3)." in text


def test_what_is_known_of_an_encoder_ends_in_one_full_stop(tmp_path) -> None:
    encoder = EvaluatedEncoder("e.npy", None, 48, {"note": "By path.", "steps": "3"})
    told = dataclasses.replace(report(result(0.5, 0.5)), seen=None, outcome=None, encoder=encoder)
    text = Page(write_report(tmp_path, told).read_text()).text
    assert "Note: By path. Steps: 3. " in text
    assert "This evaluation does not show that the encoder learnt" in text


def test_a_result_without_a_choice_has_a_report(tmp_path) -> None:
    unchosen = result(0.9, 0.5, chosen=False)
    assert "C =" not in Page(write_report(tmp_path, report(unchosen)).read_text()).text


def test_the_spread_is_spoken_of_only_where_there_is_one(tmp_path) -> None:
    words = "spread should stay near the upper dashed line"
    assert words in told_of(tmp_path)
    without = dataclasses.replace(report(), spread_reference=0.0)
    assert words not in write_report(tmp_path, without).read_text()


def test_the_class_weights_that_were_used_are_told(tmp_path) -> None:
    rows = [
        {"step": 1, "class_weights": {"crs_cont": {NASTY: 1.0, "negative": 1.0}}},
        {"step": 2, "class_weights": {"crs_cont": {NASTY: 1.0, "negative": 0.6}}},
        {"step": 3, "class_weights": {"crs_cont": {NASTY: 1.0, "negative": 1 / 3}}},
    ]

    def told(*rows) -> tuple[str, dict]:
        page = Page(write_report(tmp_path, dataclasses.replace(report(), metrics=rows)).read_text())
        found = json.loads((tmp_path / "report.json").read_text())["class_weights"]
        return " ".join(page.text.split()), found

    text, found = told(*rows)
    changed = f"at the first → at the last step: {NASTY} 1, negative 1 → 0.3333."
    assert f"Class weights of crs_cont, {changed}" in text
    assert found == {
        "crs_cont": {
            "first": {NASTY: 1.0, "negative": 1.0},
            "last": {NASTY: 1.0, "negative": 1 / 3},
        }
    }
    text, found = told(rows[0])
    assert f"Class weights of crs_cont: {NASTY} 1, negative 1." in text
    assert found["crs_cont"]["first"] == found["crs_cont"]["last"]


def test_metrics_of_older_versions_tell_nothing_of_class_weights(folder) -> None:
    assert "Class weights" not in (folder / "report.html").read_text()
    assert json.loads((folder / "report.json").read_text())["class_weights"] == {}


@pytest.mark.parametrize(
    ("rates", "warnings", "level"),
    [
        ([(0.9, 0.5), (0.8, 0.5)], (), "good"),
        ([(0.9, 0.5)], ("collapsed",), "mixed"),
        ([(0.9, 0.5), (0.5, 0.5)], (), "mixed"),
        ([(0.5, 0.5)], (), "bad"),
        ([(0.5, 0.9)], (), "bad"),
        ([], (), "none"),
    ],
)
def test_the_verdict_is_honest(rates, warnings, level) -> None:
    told = report(*(result(*pair) for pair in rates), warnings=warnings)
    assert verdict(told).level == level


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ((0.9, 0.5), "better by 4"),
        ((0.5, 0.9), "worse by 4"),
        ((0.5, 0.5), "no difference shown: "),
    ],
)
def test_differences_are_said_in_words(rates, words) -> None:
    assert words in in_points(result(*rates).targets[0].gains["random"])


def test_the_summary_has_a_row_per_target() -> None:
    from rich.console import Console

    console = Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(summary_table([result(0.9, 0.5), result(0.6, 0.58, "[bold]lab")]))
    text = console.export_text()
    assert "90.0" in text
    assert "[bold]lab" in text
    assert "gained over random" in text


@pytest.mark.parametrize("width", [24, 40, 50])
def test_the_summary_is_cut_off_nowhere(width) -> None:
    from rich.console import Console

    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(Summary([result(0.9, 0.5), result(0.6, 0.58, "[bold]lab")]))
    text = console.export_text()
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    words = " ".join(text.split())
    target = result(0.9, 0.5).targets[0]
    low, high = (100 * bound for bound in target.trained.uar_interval)
    assert f"({low:.1f}–{high:.1f})" in words.replace(" ", "")
    assert "[bold]lab" in words
    assert words.count("gained over random") == 2


def test_the_usual_summary_is_a_whole_table_in_80_columns() -> None:
    from rich.console import Console

    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    titles = ("wild", "wild → lab", "unseen compound expressions")
    results = [result(1.0, 0.5, title) for title in titles]
    for each in results:
        scores = each.targets[0].scores
        scores["hog"] = scores["random"]
    console.print(Summary(results))
    lines = console.export_text().splitlines()
    assert sum("100.0–100.0                100.0–100.0" in line for line in lines) == 3
    assert "…" not in "".join(lines)


def test_the_summary_has_no_empty_column() -> None:
    table = summary_table([alone(result(0.9, 0.5))])
    assert [column.header for column in table.columns] == ["target", "accuracy", "UAR"]
