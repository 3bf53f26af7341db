"""The labelled corpus: sessions, clauses, conversations and dangers, one author a file.

Authors are the folds. Some are sealed (`sealed.toml`): their files open only for the final figures.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pilot.errors import PilotError

FOLDER = Path(__file__).parent.parent / "corpus"

Kind = Literal["sessions", "conversations", "danger"]


class SealedAuthor(PilotError):
    """A sealed author's file was asked for by code that does not report final figures."""


@dataclass(frozen=True, slots=True)
class ClauseLabel:
    """A clause's annotation.

    Attributes:
        roles: One-letter codes, see `corpus/CLAUSES.md`.
        usefulness: 0-3: how much the clause adds to what a manager can use.
    """

    roles: str
    usefulness: int


def authors(kind: Kind) -> list[str]:
    """Return the authors of a kind who are not sealed, sorted."""
    sealed = sealed_authors(kind)
    return [path.stem for path in sorted((FOLDER / kind).glob("*.jsonl")) if path.stem not in sealed]


def sealed_authors(kind: Kind) -> list[str]:
    """Return the sealed authors of a kind."""
    tree = tomllib.loads((FOLDER / "sealed.toml").read_text(encoding="utf-8"))
    return [str(name) for name in tree[kind]]


def rows(kind: Kind, author: str) -> list[dict[str, Any]]:
    """Return one author's rows.

    Raises:
        SealedAuthor: The author is sealed.
    """
    if author in sealed_authors(kind):
        raise SealedAuthor(
            f"{author} is a sealed author of {kind}.",
            remedy="Fit to other authors; `pilot language evaluate` reports it.",
        )
    return _read(kind, author)


def rows_for_final_figures(kind: Kind, author: str) -> list[dict[str, Any]]:
    """Return an author's rows, sealed or not: for `evaluate.py` alone (a test reads its callers)."""
    return _read(kind, author)


def _read(kind: Kind, author: str) -> list[dict[str, Any]]:
    lines = (FOLDER / kind / f"{author}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) | {"author": author} for line in lines if line.strip()]


def clause_labels() -> Mapping[str, list[ClauseLabel]]:
    """Return the clauses of each wholly annotated session, by the session's id."""
    found: dict[str, dict[int, ClauseLabel]] = {}
    for session, place, label in _annotations():
        found.setdefault(session, {})[place] = label
    return {
        session: [labels[place] for place in range(len(labels))]
        for session, labels in found.items()
        if set(labels) == set(range(len(labels)))
    }


def statements() -> list[dict[str, Any]]:
    """Return plain statements as sessions of one turn; quality is None where it is not labelled."""
    files = sorted((FOLDER / "statements").glob("*.jsonl"))
    found = [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [_statement(row) for row in found]


def _statement(row: dict[str, Any]) -> dict[str, Any]:
    claims = [
        {"turn": 0, "quote": row["text"], "theme": theme, "polarity": polarity}
        for theme, polarity in row["themes"].items()
    ]
    unlabelled = {"quality": None, "kind": "genuine"}
    return unlabelled | row | {"turns": [row["text"]], "claims": claims}


def dangers_in_sessions() -> Mapping[tuple[str, int], tuple[str, str]]:
    """Return the kind and time of each danger reported in a session, by the session's id and turn."""
    lines = (FOLDER / "dangers_in_sessions.tsv").read_text(encoding="utf-8").splitlines()
    fields = [line.split("\t") for line in lines if line]
    return {(session, int(turn)): (kind, when) for session, turn, kind, when in fields}


def _annotations() -> Iterator[tuple[str, int, ClauseLabel]]:
    for path in sorted((FOLDER / "clauses").glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            name, codes = line.split("\t")
            session, _, place = name.rpartition(".")
            digit = int(codes[-1]) if codes[-1:].isdigit() else 0
            yield session, int(place), ClauseLabel(codes.rstrip("0123456789"), digit)
