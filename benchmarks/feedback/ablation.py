"""Measures what more authors, and parts of the language model, bring on left-out authors.

    python -m benchmarks.feedback.ablation [--json]

Each line is fitted anew to the authors that remain, and measured on the same left-out ones. Fewer authors are drawn
from all that remain, a fixed draw for each share.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import numpy as np

from pipelines.language import grams
from pipelines.language.fitting.agreement import agreement
from pipelines.language.fitting.figures import reported, theme_shares, themes_of
from pipelines.language.fitting.fit import fit
from pipelines.language.fitting.sample import Sample, sample, training_rows, turns_of
from pipelines.language.labels import ACTS, THEMES
from pipelines.language.measures import Measurer

FOLDS = (("ta1", "c1", "e1"), ("ta4", "c4", "e3"), ("ta6", "c5"))
SEED = 20261129
NO_GRAMS = 1_000_000_000  # texts that an n-gram would have to be in


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to fit.

    Attributes:
        name: What is printed.
        share: Of the authors that remain.
        without: Authors with these first letters are not used.
        grams: Whether n-grams are features.
    """

    name: str
    share: float = 1.0
    without: str = ""
    grams: bool = True


VARIANTS = (
    Variant("everything"),
    Variant("half of the authors", share=0.5),
    Variant("a quarter of the authors", share=0.25),
    Variant("no character n-grams", grams=False),
    Variant("no plain statements, no plain dangers", without="b"),
    Variant("no attacks", without="a"),
)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    as_json = parser.parse_args().json
    everything = sample(*training_rows())
    for variant in VARIANTS:
        found = [figures(everything, fold, variant) for fold in FOLDS]
        mean = {
            name: round(float(np.mean([each[name] for each in found if name in each])), 3)
            for name in dict.fromkeys(key for each in found for key in each)
        }
        if as_json:
            print(json.dumps({"variant": variant.name, **mean}), flush=True)
        else:
            print(f"{variant.name:40}", "  ".join(f"{name} {value:.2f}" for name, value in mean.items()), flush=True)


def figures(everything: Sample, fold: Sequence[str], variant: Variant) -> dict[str, float]:
    """Return the figures of left-out authors."""
    authors = [name for name in sorted(set(everything.author.tolist())) if name not in fold]
    authors = [name for name in authors if not (variant.without and name.startswith(tuple(variant.without)))]
    if variant.share < 1:
        authors = sorted(random.Random(SEED).sample(authors, round(variant.share * len(authors))))
    least = grams.LEAST_TEXTS_WITH_GRAM if variant.grams else NO_GRAMS
    with patch.object(grams, "LEAST_TEXTS_WITH_GRAM", least):
        measurer = Measurer(fit(everything, authors))
    result: dict[str, float] = {"authors": float(len(authors))}
    rows = [everything.rows[place] for place in _places(everything, fold, "sessions")]
    found = measurer.measure([turns_of(row, "sessions") for row in rows])
    places = _places(everything, fold, "sessions")
    labelled = everything.session_targets[places, 0] * 100
    score = agreement(fold[0], found.quality.astype(np.float64), labelled, [row["kind"] for row in rows])
    themes = theme_shares(themes_of(found, len(THEMES)), everything.themes[places])
    result |= {"rank": score.rank, "rank of genuine": score.rank_of_genuine, "error": score.error}
    result |= {"themes": themes.alone, "with polarity": themes.with_polarity}
    result |= _acts(everything, fold, measurer)
    result |= _dangers(everything, fold, measurer)
    return result


def _places(everything: Sample, fold: Sequence[str], kind: str) -> list[int]:
    return np.flatnonzero((everything.source == kind) & np.isin(everything.author, list(fold))).tolist()


def _acts(everything: Sample, fold: Sequence[str], measurer: Measurer) -> dict[str, float]:
    places = _places(everything, fold, "conversations")
    if not places:
        return {}
    found = measurer.measure([turns_of(everything.rows[place], "conversations") for place in places])
    own = everything.act_targets[everything.cut.first_turn[places], : len(ACTS)].argmax(axis=1)
    understood = np.full(len(own), ACTS.index("nothing_to_say"))
    understood[found.cut.turns.sessions] = found.acts.argmax(axis=1)
    return {"acts": float((understood == own).mean())}


def _dangers(everything: Sample, fold: Sequence[str], measurer: Measurer) -> dict[str, float]:
    rows: list[dict[str, Any]] = [everything.rows[place] for place in _places(everything, fold, "danger")]
    if not rows:
        return {}
    found = measurer.measure([turns_of(row, "danger") for row in rows])
    share = reported(found.danger >= measurer.model.danger_from, rows)
    return {"dangers": share.all[0] / share.all[1], "alarms at look-alikes": share.alike[0] / share.alike[1]}


if __name__ == "__main__":
    main()
