"""How well the scorer agrees with the labelled development feedback, beside length alone.

    python benchmarks/scoring.py

Prints, for each file: Spearman's rank correlation, mean absolute error and F1 of `eligible`, each with a 95 % bootstrap
interval over sessions, for the scorer as it is shipped, for its weights fitted anew in five folds, and for a line
through the logarithm of the number of words (five folds too). Then what it lets through, and microseconds a session.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pilot.cafes import parse_cafes
from pipelines.scoring import ELIGIBLE_ABOVE, SCORER_VERSION, Score, score
from pipelines.scoring.scorer import WEIGHTS
from pipelines.scoring.signals import CAPS

ROOT = Path(__file__).resolve().parent.parent
FILES = ("feedback-development.jsonl", "feedback-development-balanced.jsonl")
NEVER = ("injection", "gibberish", "stuffing", "silent", "offtopic")
FOLDS = 5
RESAMPLES = 2000
SEED = 20261123

Array = np.ndarray


def ranks(values: Array) -> Array:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def spearman(truth: Array, guess: Array) -> float:
    return float(np.corrcoef(ranks(truth), ranks(guess))[0, 1])


def error(truth: Array, guess: Array) -> float:
    return float(np.abs(truth - guess).mean())


def f1(truth: Array, guess: Array) -> float:
    real, said = truth > ELIGIBLE_ABOVE, guess > ELIGIBLE_ABOVE
    return float(2 * (real & said).sum() / max(1, real.sum() + said.sum()))


def with_interval(measure: Callable[[Array, Array], float], truth: Array, guess: Array) -> str:
    random = np.random.default_rng(SEED)
    draws = []
    for _ in range(RESAMPLES):
        chosen = random.integers(0, len(truth), len(truth))
        draws.append(measure(truth[chosen], guess[chosen]))
    low, high = np.quantile(draws, [0.025, 0.975])
    return f"{measure(truth, guess):6.2f} ({low:5.2f} to {high:5.2f})"


def least_squares(inputs: Array, truth: Array, *, bounded: bool) -> Array:
    """Fit by coordinate descent; with `bounded`, no coefficient below 0."""
    square, cross = inputs.T @ inputs, inputs.T @ truth
    found = np.zeros(inputs.shape[1])
    for _ in range(5000):
        for place in range(len(found)):
            step = (cross[place] - square[place] @ found) / square[place, place]
            found[place] = max(0.0, found[place] + step) if bounded else found[place] + step
    return found


def out_of_fold(inputs: Array, truth: Array, *, caps: Array, bounded: bool) -> Array:
    """Return each session's guess by a fit that never saw it."""
    inputs = np.c_[np.ones(len(truth)), inputs]
    fold = np.random.default_rng(SEED).permutation(len(truth)) % FOLDS
    guess = np.zeros(len(truth))
    for each in range(FOLDS):
        seen = (fold != each) & (caps == 100)
        weights = least_squares(inputs[seen], truth[seen], bounded=bounded)
        held = fold == each
        guess[held] = np.minimum(np.clip(inputs[held] @ weights, 0, 100), caps[held])
    return guess


def main() -> None:
    cafes = parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
    rows = []
    for name in FILES:
        lines = (ROOT / "tests/data/corpus" / name).read_text(encoding="utf-8").splitlines()
        rows += [json.loads(line) | {"file": name} for line in lines]

    def scored(row: dict) -> Score:
        return score(row["turns"], language=row["language"], cafe=cafes.get(row["cafe"]))

    results = [scored(row) for row in rows]
    truth = np.array([row["quality"] for row in rows], float)
    shipped = np.array([result.score for result in results], float)
    subscores = np.array([[result.subscores[name] for name in WEIGHTS] for result in results])
    caps = np.array([min([100, *(CAPS[name] for name in result.signals)]) for result in results])
    words = np.array([[np.log1p(sum(len(turn.split()) for turn in row["turns"]))] for row in rows])
    guesses = {
        "as shipped": shipped,
        "weights refitted in five folds": out_of_fold(subscores, truth, caps=caps, bounded=True),
        "length alone, five folds": out_of_fold(words, truth, caps=np.full(len(rows), 100), bounded=False),
    }
    print(f"scorer {SCORER_VERSION}")
    for name in FILES:
        here = np.array([row["file"] == name for row in rows])
        print(f"\n{name}: {here.sum()} sessions, {(truth[here] > ELIGIBLE_ABOVE).sum()} of them eligible")
        print(f"{'':32}{'Spearman':>22}  {'mean abs. error':>22}  {'F1 of eligible':>22}")
        for label, guess in guesses.items():
            measures = (with_interval(measure, truth[here], guess[here]) for measure in (spearman, error, f1))
            print(f"{label:32}" + "  ".join(f"{text:>22}" for text in measures))

    print("\nlabelled not eligible, yet let through:")
    for row, result in zip(rows, results, strict=True):
        if result.eligible and not row["eligible"]:
            print(f"  {row['id']} {row['kind']}: labelled {row['quality']}, scored {result.score}")
    passed = [row["id"] for row, result in zip(rows, results, strict=True) if result.eligible and row["kind"] in NEVER]
    print(f"of the kinds {', '.join(NEVER)}: {len(passed)} let through")
    began = time.perf_counter()
    for row in rows:
        scored(row)
    print(f"{(time.perf_counter() - began) / len(rows) * 1e6:.0f} microseconds a session")


if __name__ == "__main__":
    main()
