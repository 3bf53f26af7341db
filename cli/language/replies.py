"""How the interviewer's replies fit labelled answers, read by a model that has not seen their authors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pilot.cafes import Cafe, Cafes
from pipelines.language.measures import Measurer
from pipelines.language.reader import readings
from voice_edge.interviewer import Conversation, Exchange
from voice_edge.interviewer.scripted import ScriptedReply, scripted_reply

DAY = date(2026, 11, 25)  # for questions about opening hours
_SAYS_AI = re.compile(r"\b(?:en AI|an AI)\b")


def reply_figures(measurer: Measurer, rows: Sequence[Mapping[str, Any]], *, cafes: Cafes) -> dict[str, float]:
    """Return the shares of labelled answers whose reply fits, each 0-1.

    Args:
        measurer: Reads the answers.
        rows: Rows of the corpus's conversations.
        cafes: The cafés; a row of another café is read at the first one.
    """
    talks = [_talk(row, cafes) for row in rows]
    measures = measurer.measure([[each.answer for each in talk.exchanges] for talk in talks])
    found = readings(measures, danger_from=measurer.model.danger_from)
    replies = [scripted_reply(talk, reading=read, today=DAY) for talk, read in zip(talks, found, strict=True)]
    pairs = list(zip(rows, replies, strict=True))
    asked = [reply for row, reply in pairs if row["act"] == "asks_if_ai"]
    return {
        "tone fits": _share([reply.tone in row["tone"] for row, reply in pairs]),
        "question fits": _share([reply.asks in row["asks"] for row, reply in pairs]),
        "asks for what was given": _share([reply.asks in row["has"] for row, reply in pairs]),
        "joy at blame or regret at praise": _share([_wrong_feeling(row, reply) for row, reply in pairs]),
        "says that it is an AI": _share([bool(_SAYS_AI.search(reply.text)) for reply in asked]),
    }


def _wrong_feeling(row: Mapping[str, Any], reply: ScriptedReply) -> bool:
    if row["act"] == "praise":
        return reply.tone in ("sorry", "urgent")
    return row["act"] in ("complaint", "emergency") and reply.tone == "glad"


def _talk(row: Mapping[str, Any], cafes: Cafes) -> Conversation:
    exchanges = [Exchange(each["question"], each["answer"]) for each in row["history"]]
    exchanges.append(Exchange(row["question"], row["answer"]))
    return Conversation(_cafe(row["cafe"], cafes), row["language"], tuple(exchanges), len(row["history"]))


def _cafe(name: str, cafes: Cafes) -> Cafe:
    known = {cafe.id: cafe for cafe in cafes.cafe}
    return known.get(name, cafes.cafe[0])


def _share(fits: Sequence[bool]) -> float:
    return sum(fits) / len(fits) if fits else 1.0
