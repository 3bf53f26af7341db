"""Measures sessions' satisfaction on labelled authors whom the model was not fitted to.

    python -m benchmarks.feedback.satisfaction [--author ta1 --author ta5]

Each author's sessions are read by a model fitted to all others (minutes each), and compared with the labels: accuracy,
macro-F1 and the error of the shares that the page shows. Beside it: the commonest kind for everybody, and a TF-IDF
ridge of praise and blame fitted to the same others. Simulated speech carries no labels of polarity.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.feedback.satisfaction import SATISFACTIONS, Satisfaction, satisfaction_of
from pipelines.language.fitting import corpus
from pipelines.language.fitting.baseline import baseline
from pipelines.language.fitting.figures import themes_of
from pipelines.language.fitting.fit import fit
from pipelines.language.fitting.sample import Sample, sample, training_rows, turns_of
from pipelines.language.labels import THEMES
from pipelines.language.measures import Measurer
from pipelines.statistics.intervals import wilson

AUTHORS = ("ta1", "ta5")
PLAIN_FROM = 0.5  # of the ridge's target

Kinds = list[Satisfaction]


def main() -> None:
    """Print the figures of each author and of all together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--author", action="append", choices=corpus.authors("sessions"))
    everything = sample(*training_rows())
    found: dict[str, Kinds] = {"labelled": [], "model": [], "ridge": [], "commonest": []}
    for author in parser.parse_args().author or AUTHORS:
        one = of_author(everything, author)
        print_figures(author, one)
        for name, kinds in one.items():
            found[name] += kinds
    print_figures("all", found)


def of_author(everything: Sample, author: str) -> dict[str, Kinds]:
    """Return the satisfaction of an author's genuine sessions: labelled, and as predicted."""
    sessions = np.array([source == "sessions" for source in everything.source])
    genuine = np.array([row.get("kind") == "genuine" for row in everything.rows])
    mine = np.flatnonzero((everything.author == author) & sessions & genuine).tolist()
    others = np.flatnonzero((everything.author != author) & sessions & genuine).tolist()
    turns = [turns_of(everything.rows[place], "sessions") for place in mine]
    labelled = [satisfaction_of(everything.rows[place]["themes"].values()) for place in mine]
    model = fit(everything, sorted(set(everything.author.tolist()) - {author}))
    sides = themes_of(Measurer(model).measure(turns), len(THEMES)).any(axis=1)
    known = [satisfaction_of(everything.rows[place]["themes"].values()) for place in others]
    targets = np.array([[kind in ("positive", "mixed"), kind in ("negative", "mixed")] for kind in known], dtype=float)
    texts = ["\n".join(turns_of(everything.rows[place], "sessions")) for place in others]
    plain = baseline(texts, targets, unseen=["\n".join(each) for each in turns]) > PLAIN_FROM
    commonest = max(SATISFACTIONS, key=known.count)
    return {
        "labelled": labelled,
        "model": _kinds(sides),
        "ridge": _kinds(plain),
        "commonest": [commonest] * len(mine),
    }


def _kinds(sides: NDArray[np.bool_]) -> Kinds:
    """Return each session's satisfaction from whether it praises and whether it blames."""
    return [satisfaction_of((["positive"] if good else []) + (["negative"] if bad else [])) for good, bad in sides]


def print_figures(title: str, found: dict[str, Kinds]) -> None:
    """Print the agreement of each way with the labels."""
    labelled = found["labelled"]
    print(f"{title}: {len(labelled)} sessions; " + ", ".join(f"{labelled.count(k)} {k}" for k in SATISFACTIONS))
    for name in ("model", "ridge", "commonest"):
        right = sum(one == other for one, other in zip(found[name], labelled, strict=True))
        low, high = wilson(right, len(labelled))
        shares = {k: (found[name].count(k) - labelled.count(k)) / len(labelled) for k in SATISFACTIONS}
        print(
            f"  {name:<10} accuracy {right / len(labelled):.3f} ({low:.3f}-{high:.3f}), "
            f"macro-F1 {_macro(found[name], labelled):.3f}; share off by "
            + ", ".join(f"{k} {100 * off:+.1f}" for k, off in shares.items())
        )


def _macro(found: Sequence[str], labelled: Sequence[str]) -> float:
    """Return the mean F1 of the kinds that are labelled or found."""
    scores = []
    for kind in SATISFACTIONS:
        both = sum(one == other == kind for one, other in zip(found, labelled, strict=True))
        number = list(found).count(kind) + list(labelled).count(kind)
        if number:
            scores.append(2 * both / number)
    return sum(scores) / len(scores)


if __name__ == "__main__":
    main()
