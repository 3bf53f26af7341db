"""The summary of `pilot language evaluate`: means over folds, with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from scipy.stats import t

if TYPE_CHECKING:
    from pipelines.language.fitting.evaluate import Evaluation

LEVEL = 0.95
LEAST_FOLDS = 2
SCORES = {
    "rank correlation": "rank",
    "rank correlation, genuine": "rank_of_genuine",
    "F1 of eligible": "eligible_f1",
    "mean absolute error": "error",
    "unusable that are eligible": "unusable_eligible",
}


def summary(folds: Sequence[Evaluation]) -> Iterator[str]:
    """Yield lines: each figure's mean over the folds' authors, its 95 % interval, and the baseline's mean."""
    for label, name in SCORES.items():
        own, plain = ([getattr(each.score[place], name) for each in folds] for place in (0, 1))
        yield line(label, own, plain)
    for label, name in (("themes", "alone"), ("themes with polarity", "with_polarity")):
        own, plain = ([getattr(each.themes[place], name) for each in folds] for place in (0, 1))
        yield line(label, own, plain)
    for group in sorted({group for each in folds for group in each.by_group}):
        yield line(f"rank correlation, {group}", [each.by_group[group] for each in folds if group in each.by_group])
    acts = [each.acts for each in folds if each.acts is not None]
    if acts:
        yield line("acts", [own for own, _ in acts], [plain for _, plain in acts])
    for name in dict.fromkeys(name for each in folds for name in each.replies):
        yield line(f"replies: {name}", [each.replies[name] for each in folds if name in each.replies])
    dangers = [each.dangers for each in folds if each.dangers is not None]
    for name in ("now", "all", "alike") if dangers else ():
        own, plain = ([getattr(pair[place], name)[0] for pair in dangers] for place in (0, 1))
        number = sum(getattr(pair[0], name)[1] for pair in dangers)
        yield f"{f'dangers reported, {name}':<42}{sum(own)} of {number}; baseline {sum(plain)}"
    alarms, sessions = (sum(each.false_alarms[place] for each in folds) for place in (0, 1))
    yield f"{'ordinary sessions reported as a danger':<42}{alarms} of {sessions}"


def line(label: str, own: Sequence[float], plain: Sequence[float] = ()) -> str:
    """Return a figure's line: mean and t interval over authors; the baseline's mean if any."""
    shown = f"{label:<42}{fmean(own):.3f}"
    if len(own) >= LEAST_FOLDS:
        half = float(t.ppf((1 + LEVEL) / 2, len(own) - 1)) * stdev(own) / sqrt(len(own))
        shown += f" ± {half:.3f}"
    return shown + (f"; baseline {fmean(plain):.3f}" if plain else "")
