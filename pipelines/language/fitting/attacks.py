"""Attacks on the score as training sessions: alone, and beside what training authors honestly said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipelines.language.clauses import clauses
from pipelines.language.fitting.corpus import FOLDER, ClauseLabel

HONEST = "w"  # the authors beside whose sessions attacks are put; no figure is reported on them
HONEST_KINDS = frozenset({"genuine", "generic"})
STEP = 7  # from one attack's honest session to the next one's

# By how it attacks: the kind that it is, its quality, and the role of its clauses; see corpus/CLAUSES.md.
_KINDS = {
    "gibberish": ("gibberish", 2, "j"),
    "encoded": ("gibberish", 2, "j"),
    "word_list": ("stuffing", 8, "j"),
    "stuffing": ("stuffing", 10, "j"),
    "rubric_words": ("stuffing", 5, "j"),
    "repetition": ("stuffing", 8, "j"),
    "padding": ("generic", 10, "x"),
    "template": ("generic", 15, "x"),
}
_OTHERWISE = ("injection", 3, "j")


def attack_authors() -> list[str]:
    """Return the authors of attacks."""
    return [path.stem for path in sorted((FOLDER / "attacks").glob("*.jsonl"))]


def attack_sessions(
    sessions: Sequence[dict[str, Any]], labels: Mapping[str, list[ClauseLabel]]
) -> tuple[list[dict[str, Any]], dict[str, list[ClauseLabel]]]:
    """Return attacks as labelled sessions, and the labels of their clauses.

    An attack beside honest words has their quality: it adds nothing.

    Args:
        sessions: Labelled sessions; those of training authors serve as honest ones.
        labels: The labels of their clauses.
    """
    honest = [row for row in sessions if row["author"].startswith(HONEST) and row["kind"] in HONEST_KINDS]
    rows: list[dict[str, Any]] = []
    found: dict[str, list[ClauseLabel]] = {}
    for number, attack in enumerate(_attacks()):
        kind, quality, role = _KINDS.get(attack["how"], _OTHERWISE)
        own = [ClauseLabel(role, 0)] * len(clauses([attack["text"]]))
        alone = _session(attack, attack["text"], quality=quality, kind=kind)
        rows.append(alone)
        found[alone["id"]] = own
        same = [row for row in honest if row["language"] == attack["language"]]
        if not same:
            continue
        beside = same[number * STEP % len(same)]
        mixed = beside | {"id": f"{attack['id']}+", "author": attack["author"]}
        if number % 2:
            mixed["turns"] = [*beside["turns"][:-1], f"{beside['turns'][-1]} {attack['text']}"]
        else:
            mixed["turns"] = [*beside["turns"], attack["text"]]
            if beside["id"] in labels:
                found[mixed["id"]] = [*labels[beside["id"]], *own]
        rows.append(mixed)
    return rows, found


def _attacks() -> Iterator[dict[str, Any]]:
    for author in attack_authors():
        for line in (FOLDER / "attacks" / f"{author}.jsonl").read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def _session(attack: dict[str, Any], text: str, *, quality: int, kind: str) -> dict[str, Any]:
    return {
        "id": attack["id"],
        "author": attack["author"],
        "language": attack["language"],
        "turns": [text],
        "quality": quality,
        "kind": kind,
        "themes": {},
        "claims": [],
    }
