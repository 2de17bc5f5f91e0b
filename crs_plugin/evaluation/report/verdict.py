"""Did the encoder learn? An honest answer in words."""

from dataclasses import dataclass
from typing import Literal

from crs_plugin.evaluation.report.run_report import RunReport
from crs_plugin.evaluation.result import RANDOM, Gain, Target, headline_targets


@dataclass(frozen=True)
class Verdict:
    """The answer.

    Attributes:
        level: ``good`` where it learnt, ``mixed`` where that is not shown everywhere, ``bad`` where
            it is shown nowhere, ``none`` where nothing was evaluated.
        headline: The answer in a sentence.
        detail: By how much, and how sure that is.
    """

    level: Literal["good", "mixed", "bad", "none"]
    headline: str
    detail: str


def verdict(report: RunReport) -> Verdict:
    """Judge a run by its mean recalls beside those of the random encoder.

    A target counts as better if the 95 % interval of the paired difference lies above zero, as
    worse if it lies below, and otherwise as no difference shown.
    """
    judged = [t for t in headline_targets(report.results) if RANDOM in t.gains]
    if not judged and headline_targets(report.results):
        return Verdict(
            "none",
            "No random encoder stands beside it, so nothing here says whether the encoder learnt.",
            "Its figures say what its features are good for, not what made them so.",
        )
    if not judged:
        return Verdict(
            "none",
            "Not evaluated: nothing here says whether the encoder learnt.",
            "A falling loss does not, as long as frozen features stand beside no random ones.",
        )
    better = [t for t in judged if t.gains[RANDOM].uar_interval[0] > 0]
    worse = [t for t in judged if t.gains[RANDOM].uar_interval[1] < 0]
    of = len(judged)
    where = "on every target" if of > 1 else "on its target"
    if len(better) == of:
        level: Literal["good", "mixed", "bad"] = "good"
        headline = f"The encoder learnt: it beats a random one {where}."
    elif better:
        level = "mixed"
        headline = f"The encoder beats a random one on {len(better)} of {of} targets."
    else:
        level = "bad"
        what = "evaluation" if report.encoder else "run"
        headline = f"This {what} does not show that the encoder learnt: it beats a random one"
        headline += " nowhere."
    if report.warnings and level == "good":
        level = "mixed"
        headline = f"The encoder beats a random one {where}, but something went wrong on the way."
    return Verdict(level, headline, _detail(report, judged, better, worse))


def in_points(gain: Gain) -> str:
    """Say how two encoders differ on one target."""
    (low, high) = gain.uar_interval
    interval = f"[{100 * low:+.1f}, {100 * high:+.1f}]"
    if low > 0:
        return f"better by {100 * gain.uar:.1f} points of mean recall {interval}"
    if high < 0:
        return f"worse by {-100 * gain.uar:.1f} points of mean recall {interval}"
    return f"no difference shown: {100 * gain.uar:+.1f} points of mean recall {interval}"


def _detail(
    report: RunReport, judged: list[Target], better: list[Target], worse: list[Target]
) -> str:
    parts = []
    if better:
        gains = sorted(100 * target.gains[RANDOM].uar for target in better)
        span = f"{gains[0]:.1f}" if len(gains) == 1 else f"{gains[0]:.1f} to {gains[-1]:.1f}"
        parts.append(f"Mean recall is {span} points higher there.")
    unclear = [target for target in judged if target not in better and target not in worse]
    if unclear:
        parts.append(f"No difference is shown on {_titles(unclear)}.")
    if worse:
        parts.append(f"It is worse than the random one on {_titles(worse)}.")
    if report.warnings:
        parts.append("Read the warnings below before trusting these figures.")
    parts.append("One run with one seed: another seed would move every figure.")
    return " ".join(parts)


def _titles(targets: list[Target]) -> str:
    return ", ".join(target.title for target in targets)
