"""Measures the scorer on attacks beside honest words, on pairs of sessions and on misheard words.

    python -m benchmarks.feedback.sense [--json]

The attacks and the pairs were written by people who did not know the model, and nothing was fitted to them. The honest
sessions are of authors that the model was fitted to; only the differences count.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pilot.cafes import Cafes
from pipelines.language.fitting import corpus
from pipelines.scoring import Score, SessionText, score_many
from storage.cafes_file import read_cafes

ROOT = Path(__file__).parents[2]
HONEST = ("ta1", "ta4")
BESIDE_EACH = 4  # honest sessions beside which each attack is put
MOST_GAINED = 5  # points over the honest words
ALIKE = 8  # points within which two sessions that mean the same are
SEED = 5


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    cafes = read_cafes(ROOT / "cafes.toml")
    found = {"attacks": attacks(cafes), "pairs": pairs(cafes), "word_errors": word_errors(cafes)}
    if parser.parse_args().json:
        print(json.dumps(found))
        return
    for name, figures in found.items():
        print(name)
        for key, value in figures.items():
            print(f"  {key}: {value}")


def attacks(cafes: Cafes) -> dict[str, Any]:
    """Return how many attacks alone are eligible, and how many gain beside honest words."""
    chance = random.Random(SEED)
    honest = [row for author in HONEST for row in corpus.rows("sessions", author) if row["kind"] == "genuine"]
    cases: list[tuple[dict[str, Any], list[str], list[str]]] = []
    for attack in _lines("attacks.jsonl"):
        same = [row for row in honest if row["language"] == attack["language"]]
        cases += [(attack, *_beside(attack, list(row["turns"]))) for row in chance.sample(same, BESIDE_EACH)]
    before = _scores(cafes, [(case[0]["language"], case[1]) for case in cases])
    after = _scores(cafes, [(case[0]["language"], case[2]) for case in cases])
    results = [(case[0], one, other) for case, one, other in zip(cases, before, after, strict=True)]
    alone = {attack["text"]: other for attack, _, other in results if attack["where"] == "alone"}
    beside = [result for result in results if result[0]["where"] != "alone"]
    gains = [(attack["how"], other.score - one.score) for attack, one, other in beside]
    by_kind = {
        f"beside, {how}": f"{sum(gain > MOST_GAINED for gain in own)} of {len(own)}"
        for how in sorted({how for how, _ in gains})
        for own in [[gain for kind, gain in gains if kind == how]]
    }
    gained = sum(gain > MOST_GAINED for _, gain in gains)
    return {
        "alone, eligible": f"{sum(each.eligible for each in alone.values())} of {len(alone)}",
        f"beside honest words, gain more than {MOST_GAINED}": f"{gained} of {len(gains)}",
        "beside honest words, become eligible": sum(other.eligible and not one.eligible for _, one, other in beside),
        "beside honest words, mean gain": round(sum(gain for _, gain in gains) / len(gains), 2),
        **by_kind,
    }


def pairs(cafes: Cafes) -> dict[str, Any]:
    """Return how many pairs that mean the same are read alike, and how many others are read apart."""
    rows = _lines("pairs.jsonl")
    first = _scores(cafes, [(row["language"], [row["a"]]) for row in rows])
    second = _scores(cafes, [(row["language"], [row["b"]]) for row in rows])
    right: dict[bool, list[bool]] = {True: [], False: []}
    for row, one, other in zip(rows, first, second, strict=True):
        alike = one.themes == other.themes and abs(one.score - other.score) <= ALIKE
        right[row["same"]].append(alike == row["same"])
    return {
        ("the same, alike" if same else "not the same, apart"): f"{sum(own)} of {len(own)}"
        for same, own in right.items()
    }


def word_errors(cafes: Cafes) -> dict[str, Any]:
    """Return what replaced, lost and added words cost genuine sessions on average."""
    chance = random.Random(SEED)
    rows = [row for author in HONEST for row in corpus.rows("sessions", author) if row["kind"] == "genuine"]
    words = [word for row in rows for turn in row["turns"] for word in turn.split()]

    def misheard(turn: str, share: float) -> Iterator[str]:
        for word in turn.split():
            if chance.random() >= share:
                yield word
            else:
                yield from chance.choice([(), (chance.choice(words),), (word, chance.choice(words))])

    plain = _scores(cafes, [(row["language"], row["turns"]) for row in rows])
    found = {}
    for share in (0.1, 0.2):
        heard = [[" ".join(misheard(turn, share)) for turn in row["turns"]] for row in rows]
        results = _scores(cafes, [(row["language"], turns) for row, turns in zip(rows, heard, strict=True)])
        change = [other.score - one.score for one, other in zip(plain, results, strict=True)]
        found[f"{share:.0%} of the words, mean change"] = round(sum(change) / len(change), 2)
    return found


def _beside(attack: dict[str, Any], turns: list[str]) -> tuple[list[str], list[str]]:
    """Return the honest turns and the attacked ones; an attack alone stands beside silence."""
    text, where = attack["text"], attack["where"]
    if where == "alone":
        return [], [text]
    if where == "before":
        return turns, [text, *turns]
    if where == "inside":
        words = turns[0].split()
        middle = len(words) // 2
        return turns, [" ".join([*words[:middle], text, *words[middle:]]), *turns[1:]]
    if where == "own_turn":
        return turns, [*turns, text]
    return turns, [*turns[:-1], f"{turns[-1]} {text}"]


def _scores(cafes: Cafes, said: Sequence[tuple[Any, Sequence[str]]]) -> list[Score]:
    cafe = cafes.cafe[0]
    return score_many([SessionText(turns, language, cafe) for language, turns in said])


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (corpus.FOLDER / name).read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
