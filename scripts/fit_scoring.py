"""Fits the scorer's feature weights to labelled feedback; writes `pipelines/scoring/model.toml`.

    python scripts/fit_scoring.py            # fit on both files and write
    python scripts/fit_scoring.py --check    # say whether the file is what a fit gives

Non-negative ridge regression over saturating terms: every term can only add points. Rows of the kinds that signals are
for, and copies of other rows, are left out of the fit.
"""

from __future__ import annotations

import argparse
import json
import sys
from itertools import product
from pathlib import Path

import numpy as np

from pilot.cafes import Cafes, parse_cafes
from pipelines.scoring.features import FOCUS, Features
from pipelines.scoring.model import FILE, Term, level
from pipelines.scoring.scorer import SessionText, analyse
from pipelines.scoring.vocabulary import vocabulary

ROOT = Path(__file__).resolve().parent.parent
FILES = ("feedback-development.jsonl", "feedback-development-balanced.jsonl")
NOT_FITTED = frozenset({"injection", "gibberish", "stuffing", "silent", "offtopic", "copied", "abusive"})
SINGLE = (
    "claims items places people times amounts details reasons consequences comparisons suggestions themes strong_themes"
).split()
SCALES = (2.0, 6.0, 16.0)
PAIRS = (
    ("claims", "suggestions"),
    ("claims", "consequences"),
    ("claims", "times"),
    ("claims", "amounts"),
    ("claims", "comparisons"),
    ("claims", "reasons"),
    ("items", "suggestions"),
    ("claims", "items"),
    (FOCUS, "claims"),
    (FOCUS, "items"),
    (FOCUS, "suggestions"),
)
PAIR_SCALE = 4.0
RIDGE = 1.0
SWEEPS = 400
LEAST_POINTS = 0.05

CANDIDATES = (
    *(Term((name,), scale, 1.0) for name, scale in product(SINGLE, SCALES)),
    *(Term(pair, PAIR_SCALE, 1.0) for pair in PAIRS),
    Term((FOCUS,), 1.0, 1.0),
)


def labelled() -> list[dict]:
    """Return the rows of both files, each with its file's name."""
    rows = []
    for name in FILES:
        lines = (ROOT / "tests/data/corpus" / name).read_text(encoding="utf-8").splitlines()
        rows += [json.loads(line) | {"file": name} for line in lines]
    return rows


def cafes() -> Cafes:
    """Return the cafés of the repository's file."""
    return parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")


def as_said(rows: list[dict]) -> list[SessionText]:
    """Return rows as the scorer takes them."""
    known = cafes()
    return [SessionText(row["turns"], row["language"], known.get(row["cafe"])) for row in rows]


def table(found: Features) -> np.ndarray:
    """Return each candidate term's level in each session."""
    return np.array([level(term, found) for term in CANDIDATES]).T


def fitted(levels: np.ndarray, quality: np.ndarray) -> tuple[float, np.ndarray]:
    """Return intercept and weights by coordinate descent, non-negative, with a ridge penalty."""
    points, intercept = np.zeros(levels.shape[1]), float(quality.mean())
    square = (levels**2).sum(axis=0) + RIDGE
    rest = quality - intercept
    for _ in range(SWEEPS):
        step = rest.mean()
        intercept, rest = intercept + step, rest - step
        for place in range(levels.shape[1]):
            column = levels[:, place]
            better = max(0.0, points[place] + (column @ rest - RIDGE * points[place]) / square[place])
            rest -= (better - points[place]) * column
            points[place] = better
    return float(intercept), points


def as_toml(intercept: float, points: np.ndarray) -> str:
    """Return the model as a file."""
    lines = ["# Written by scripts/fit_scoring.py; do not edit.", f"intercept = {intercept:.2f}"]
    for term, each in zip(CANDIDATES, points, strict=True):
        if each >= LEAST_POINTS:
            of = ", ".join(f'"{name}"' for name in term.features)
            lines += ["", "[[term]]", f"of = [{of}]", f"scale = {term.scale}", f"points = {each:.2f}"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Fit, and write or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the file is another")
    check = parser.parse_args().check
    rows = [row for row in labelled() if row["kind"] not in NOT_FITTED]
    quality = np.array([row["quality"] for row in rows], float)
    text = as_toml(*fitted(table(analyse(as_said(rows), known=vocabulary())[2]), quality))
    if check:
        sys.exit(0 if FILE.read_text(encoding="utf-8") == text else f"{FILE.name} is not what a fit gives: run me")
    FILE.write_text(text, encoding="utf-8")
    print(f"{FILE.relative_to(ROOT)}: {text.count('[[term]]')} terms from {len(rows)} sessions")


if __name__ == "__main__":
    main()
