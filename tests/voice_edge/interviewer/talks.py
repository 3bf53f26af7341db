"""Conversations and readings for tests: a reading says what the learned model would find."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pilot.cafes import Cafe, Language, parse_cafes
from pipelines.language.reading import Act, Claim, Danger, Detail, Polarity, Reading, TurnReading, When
from voice_edge.interviewer import Conversation, Exchange, opening_question

ROOT = Path(__file__).parents[3]
CONVERSATIONS = ROOT / "pipelines" / "language" / "corpus" / "conversations"
PRAISING = {"praise", "mixed"}
BLAMING = {"complaint", "mixed"}
AUTHORS = ("c1", "c3", "v1", "v2", "v3")


@cache
def cafe(name: str = "aurora") -> Cafe:
    return parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml").get(name)


def conversation(
    *answers: str, at: Cafe | None = None, language: Language = "sv", asked: int | None = None
) -> Conversation:
    here = at or cafe()
    questions = [opening_question(here, language), *(f"({number})" for number in range(1, len(answers)))]
    exchanges = tuple(Exchange(question, answer) for question, answer in zip(questions, answers, strict=True))
    return Conversation(here, language, exchanges, len(answers) - 1 if asked is None else asked)


def turn(
    act: Act,
    *,
    likelihood: float = 1.0,
    praise: float | None = None,
    blame: float | None = None,
    details: Collection[Detail] = (),
    danger: Danger | None = None,
) -> TurnReading:
    return TurnReading(
        act=act,
        acts={**dict.fromkeys(get_args(Act), 0.0), act: likelihood},
        praise=float(act in PRAISING) if praise is None else praise,
        blame=float(act in BLAMING) if blame is None else blame,
        details=frozenset(details),
        danger=danger,
    )


def reading(*turns: TurnReading, themes: Mapping[str, Polarity] | None = None) -> Reading:
    """Return a reading whose claims are about themes of the last turn, without places in its text."""
    claims = tuple(
        Claim(theme=theme, polarity=polarity, turn=len(turns) - 1, start=0, end=0, strength=1.0)
        for theme, polarity in (themes or {}).items()
    )
    return Reading(turns=turns, clauses=(), claims=claims, quality=50.0, kinds={"genuine": 1.0})


def danger(kind: str, when: When = "now", who: str = "guest") -> Danger:
    return Danger(kind=kind, when=when, who=who, likelihood=1.0)


@cache
def corpus() -> tuple[dict[str, Any], ...]:
    """Return the labelled conversations that the interviewer was developed on."""
    texts = [(CONVERSATIONS / f"{author}.jsonl").read_text(encoding="utf-8") for author in AUTHORS]
    return tuple(json.loads(line) for text in texts for line in text.splitlines())


def corpus_talk(row: dict[str, Any]) -> Conversation:
    exchanges = [Exchange(each["question"], each["answer"]) for each in row["history"]]
    exchanges.append(Exchange(row["question"], row["answer"]))
    return Conversation(cafe(row["cafe"]), row["language"], tuple(exchanges), len(row["history"]))


def corpus_reading(row: dict[str, Any]) -> Reading:
    """Return the reading that a row's labels describe; what they say of earlier turns is in the last one."""
    reported = None
    if row["act"] == "emergency":
        # The label for the tone says which of the dangers are over.
        when: When = "earlier" if row["tone"][0] == "sorry" else "now"
        who = "companion" if "person" in row["has"] else "guest"
        reported = Danger(row["emergency"], when, who, 1.0)
    earlier = [turn("neutral_report") for _ in row["history"]]
    return reading(*earlier, turn(row["act"], details=row["has"], danger=reported), themes=row["themes"])
