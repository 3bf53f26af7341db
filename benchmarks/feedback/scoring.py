"""How well the scorer agrees with the labelled development feedback, beside length alone.

    python benchmarks/feedback/scoring.py [--json]

For each file, Spearman's rank correlation, mean absolute error and F1 of `eligible`, with 95 % bootstrap intervals over
sessions, of four scorers: as shipped; with its points fitted anew in ten folds (copies stay in one fold); the same,
and deaf in each fold to every word of the lexicon that no session of the other folds has said; and length alone. The
third is the honest lower bound: whoever wrote the lexicon had read these files.

Then: by language, kinds let through, what is wrong at 60, themes with polarity, and scores under recognition errors.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
# This folder holds a pipelines.py of its own, which must not stand before the room of that name.
sys.path[:] = [
    str(ROOT / "scripts"),
    str(ROOT),
    *(each for each in sys.path if Path(each or ".").resolve() != ROOT / "benchmarks"),
]

import fit_scoring as fit  # noqa: E402

from pipelines.scoring import ELIGIBLE_ABOVE, SCORER_VERSION, SessionText, score_many  # noqa: E402
from pipelines.scoring.features import features  # noqa: E402
from pipelines.scoring.scorer import analyse, apply_caps  # noqa: E402
from pipelines.scoring.signals import signals  # noqa: E402
from pipelines.scoring.tags import NONE, bits  # noqa: E402
from pipelines.scoring.themes import claims  # noqa: E402
from pipelines.scoring.vocabulary import vocabulary  # noqa: E402

NEVER = ("injection", "gibberish", "stuffing", "silent", "offtopic")
FOLDS = 10
SEED = 20261123
RESAMPLES = 2000
SAME_WORDS = 0.6  # share of words in common: a copy
ALWAYS_HEARD = bits("number", "function", "prepositions", "first_person", "staff", "menu", "area")
WORD_ERRORS = (0.1, 0.2, 0.4)

Array = np.ndarray


def ranks(values: Array) -> Array:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def spearman(truth: Array, guess: Array) -> float:
    if np.ptp(truth) == 0 or np.ptp(guess) == 0:
        return 0.0
    return float(np.corrcoef(ranks(truth), ranks(guess))[0, 1])


def error(truth: Array, guess: Array) -> float:
    return float(np.abs(truth - guess).mean())


def f1(truth: Array, guess: Array) -> float:
    real, said = truth > ELIGIBLE_ABOVE, guess > ELIGIBLE_ABOVE
    return float(2 * (real & said).sum() / max(1, real.sum() + said.sum()))


MEASURES: dict[str, Callable[[Array, Array], float]] = {"spearman": spearman, "error": error, "f1": f1}


def measured(truth: Array, guess: Array) -> dict[str, list[float]]:
    """Return each measure with its 95 % interval."""
    dice = np.random.default_rng(SEED)
    draws = [dice.integers(0, len(truth), len(truth)) for _ in range(RESAMPLES)]
    found = {}
    for name, measure in MEASURES.items():
        low, high = np.quantile([measure(truth[draw], guess[draw]) for draw in draws], [0.025, 0.975])
        found[name] = [round(value, 3) for value in (measure(truth, guess), float(low), float(high))]
    return found


def folds(rows: list[dict]) -> Array:
    """Return each row's fold; rows that say much the same share one."""
    words = [set(" ".join(row["turns"]).lower().split()) for row in rows]
    group = list(range(len(rows)))
    for later in range(len(rows)):
        for earlier in range(later):
            together = len(words[earlier] | words[later])
            if together and len(words[earlier] & words[later]) >= SAME_WORDS * together and words[later]:
                group[later] = group[earlier]
                break
    order = np.random.default_rng(SEED).permutation(len(rows))
    return np.array([order[each] % FOLDS for each in group])


class Crossed:
    """Scores of each row by points that were fitted without it."""

    def __init__(self, rows: list[dict]) -> None:
        self._known = vocabulary()
        self._heard, self._marks, self._found, self._claimed = analyse(fit.as_said(rows), known=self._known)
        self._quality = np.array([row["quality"] for row in rows], float)
        self._use = np.array([row["kind"] not in fit.NOT_FITTED for row in rows])
        self._fold = folds(rows)

    def scores(self, *, deaf: bool) -> Array:
        levels = fit.table(self._found)
        guess = np.zeros(len(self._quality))
        for fold in range(FOLDS):
            seen = self._use & (self._fold != fold)
            intercept, points = fit.fitted(levels[seen], self._quality[seen])
            marks, found, claimed = self._marks, self._found, self._claimed
            if deaf:
                marks = self._without_unheard(fold)
                claimed = claims(marks, self._heard)
                found = features(marks, self._heard, claimed=claimed)
            raised = signals(marks, self._heard, found, claimed=claimed, vocabulary=self._known)
            final = apply_caps(intercept + fit.table(found) @ points, found, marks, raised)
            guess[self._fold == fold] = final[self._fold == fold]
        return guess

    def _without_unheard(self, fold: int):
        marks = self._marks
        elsewhere = np.unique(marks.counted_as[self._fold[marks.session] != fold])
        kept = np.isin(marks.counted_as, elsewhere) | ((marks.bits & ALWAYS_HEARD) != NONE)
        names = [field.name for field in fields(marks) if field.name != "english"]
        return replace(marks, **{name: getattr(marks, name)[kept] for name in names})


def by_length(rows: list[dict], quality: Array, fold: Array) -> Array:
    words = np.log1p([sum(len(turn.split()) for turn in row["turns"]) for row in rows])
    guess = np.zeros(len(rows))
    for each in range(FOLDS):
        slope, base = np.polyfit(words[fold != each], quality[fold != each], 1)
        guess[fold == each] = base + slope * words[fold == each]
    return guess


def themes(rows: list[dict], results: list) -> dict[str, float]:
    """Return micro-averaged F1 of (theme, polarity) and of the theme alone."""
    right = said = real = named = 0
    for row, result in zip(rows, results, strict=True):
        right += sum(row["themes"].get(theme) == polarity for theme, polarity in result.themes.items())
        named += len(set(row["themes"]) & set(result.themes))
        said, real = said + len(result.themes), real + len(row["themes"])
    return {
        "theme_and_polarity_f1": round(2 * right / (said + real), 3),
        "theme_f1": round(2 * named / (said + real), 3),
    }


def garbled(said: SessionText, *, rate: float, words: list[str], dice: random.Random) -> SessionText:
    """Return a session as a bad recogniser might hear it: words swapped, lost and put in."""

    def turn(text: str) -> str:
        heard: list[str] = []
        for word in text.split():
            if dice.random() >= rate:
                heard.append(word)
                continue
            kind = dice.choice(("other", "other", "lost", "more"))
            if kind == "more":
                heard.append(word)
            if kind != "lost":
                heard.append(dice.choice(words))
        return " ".join(heard)

    return SessionText([turn(text) for text in said.turns], said.language, said.cafe)


def under_noise(rows: list[dict], quality: Array) -> dict[str, dict[str, float]]:
    sessions_as_said = fit.as_said(rows)
    words = {
        language: [
            word for row in rows if row["language"] == language for turn in row["turns"] for word in turn.split()
        ]
        for language in ("sv", "en")
    }
    found = {}
    for rate in (0.0, *WORD_ERRORS):
        dice = random.Random(SEED)
        heard = [garbled(said, rate=rate, words=words[said.language], dice=dice) for said in sessions_as_said]
        guess = np.array([result.score for result in score_many(heard)], float)
        found[f"{rate:.0%}"] = {
            "spearman": round(spearman(quality, guess), 3),
            "f1": round(f1(quality, guess), 3),
            "mean_change": round(float((guess - quality).mean()), 1),
        }
    return found


def run() -> dict:
    """Return every figure."""
    rows = fit.labelled()
    quality = np.array([row["quality"] for row in rows], float)
    results = score_many(fit.as_said(rows))
    crossed = Crossed(rows)
    guesses = {
        "as shipped": np.array([result.score for result in results], float),
        "points fitted in ten folds": crossed.scores(deaf=False),
        "the same, deaf to words not heard elsewhere": crossed.scores(deaf=True),
        "length alone, ten folds": by_length(rows, quality, folds(rows)),
    }
    fair = guesses["points fitted in ten folds"]
    files, languages = {}, {}
    for name in fit.FILES:
        here = np.array([row["file"] == name for row in rows])
        files[name] = {label: measured(quality[here], guess[here]) for label, guess in guesses.items()}
        for language in ("sv", "en"):
            mine = here & np.array([row["language"] == language for row in rows])
            languages[f"{name} {language}"] = measured(quality[mine], fair[mine])
        files[name]["rows"] = int(here.sum())
    wrong = [
        f"{row['id']} {row['kind']}: labelled {row['quality']}, scored {guess:.0f}"
        for row, guess in zip(rows, fair, strict=True)
        if (row["quality"] > ELIGIBLE_ABOVE) != (guess > ELIGIBLE_ABOVE)
    ]
    real, said = quality > ELIGIBLE_ABOVE, fair > ELIGIBLE_ABOVE
    return {
        "scorer_version": SCORER_VERSION,
        "files": files,
        "languages": languages,
        "confusion_at_60": {
            "rewarded_rightly": int((real & said).sum()),
            "rewarded_wrongly": int((~real & said).sum()),
            "refused_wrongly": int((real & ~said).sum()),
            "refused_rightly": int((~real & ~said).sum()),
        },
        "wrong_at_60": wrong,
        "let_through": [
            row["id"]
            for row, result, guess in zip(rows, results, fair, strict=True)
            if row["kind"] in NEVER and (result.eligible or guess > ELIGIBLE_ABOVE)
        ],
        "themes": themes(rows, results),
        "recognition_errors": under_noise(rows, quality),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    found = run()
    if parser.parse_args().json:
        print(json.dumps(found, indent=2))
        return
    print(f"scorer {found['scorer_version']}")
    for name, lines in found["files"].items():
        print(f"\n{name}: {lines.pop('rows')} sessions")
        print(f"{'':46}{'Spearman':>24}{'mean abs. error':>24}{'F1 of eligible':>24}")
        for label, values in lines.items():
            cells = (f"{value:.2f} ({low:.2f} to {high:.2f})" for value, low, high in values.values())
            print(f"{label:46}" + "".join(f"{cell:>24}" for cell in cells))
    print("\nby language, points fitted in ten folds (Spearman, mean abs. error, F1):")
    for name, values in found["languages"].items():
        print(f"  {name}: " + ", ".join(f"{value:.2f}" for value, _, _ in values.values()))
    print(f"\nat 60: {found['confusion_at_60']}")
    print("\n".join(f"  {line}" for line in found["wrong_at_60"]))
    print(f"\nof the kinds {', '.join(NEVER)}: {len(found['let_through'])} let through")
    print(f"themes, as shipped: {found['themes']}")
    for rate, values in found["recognition_errors"].items():
        print(f"word error {rate}: {values}")


if __name__ == "__main__":
    main()
