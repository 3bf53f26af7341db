"""Why a guest's answer got its result, read from the landing for the one who holds the receipt.

What was said is scored again by the same function, so that it is explained without Dagster, the lake or a copy of
anybody's words. No points and no threshold is told.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, islice
from typing import TYPE_CHECKING

from payouts.answering import ruling
from payouts.rewards import prospective_reward_ore
from pilot.cafes import Cafe, Language, Pilot
from pilot.errors import InvalidEvent, PilotError
from pilot.events import UtteranceCommitted, UtteranceEdited, parse_event
from pilot.turns import counts_as_feedback
from pilot.words import say
from pipelines.explanation import PRAISED_FROM, Raised, SessionResult, explain
from storage.errors import CorruptSegment
from storage.landing.segments import Segments
from storage.store.rewards.decisions import Decision
from storage.store.rewards.receipts import Receipt

MOST_QUOTES = 6  # sentences
SENTENCE = re.compile(r"\S[^.!?]*[.!?]*")
if TYPE_CHECKING:
    from pipelines.scoring import Span

# Reasons of a decision that the words of `explain` do not know: they are not about what was said.
ELSEWHERE = {"device_had_reward": "why.device", "beyond_trial": "why.beyond", "daily_budget": "why.budget"}


# A sentence in pieces, each with whether it counted.
Quote = tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why, in sentences, and the guest's own sentences that hold something that counted."""

    sentences: tuple[str, ...]
    quotes: tuple[Quote, ...] = ()


def said_in(segments: Segments, day: date, session_id: str) -> list[str]:
    """Return what counts of each turn of a session, in order, as the landing has it.

    The last revision of a turn counts; the guest's own edit replaces it, and settles that its words are right.

    Raises:
        PilotError: the landing cannot be read.
    """
    committed: dict[int, tuple[int, int, UtteranceCommitted]] = {}
    edited: dict[int, tuple[tuple[int, int], str]] = {}
    mark = session_id.encode()
    for name in segments.list(day):
        try:
            body = segments.read(name)
        except CorruptSegment:
            continue
        if mark not in body:
            continue
        for event in _events(body, mark):
            if event[0] != session_id:
                continue
            _, order, content = event
            if isinstance(content, UtteranceCommitted):
                known = committed.get(content.turn)
                if known is None or (content.revision, order[1]) >= known[:2]:
                    committed[content.turn] = (content.revision, order[1], content)
            elif content.turn not in edited or order >= edited[content.turn][0]:
                edited[content.turn] = (order, content.transcript)
    texts = []
    for turn, (_, _, heard) in sorted(committed.items()):
        text = edited[turn][1] if turn in edited else heard.transcript
        if counts_as_feedback(text, low_confidence=heard.low_confidence, edited=turn in edited):
            texts.append(unicodedata.normalize("NFC", text))
    return texts


def reasons(
    receipt: Receipt, decision: Decision | None, *, segments: Segments, cafe: Cafe, pilot: Pilot, language: Language
) -> Reasons:
    """Return why a reward was decided as it was.

    Args:
        receipt: The receipt; its answers were not erased.
        decision: What was decided; None while nothing is.
        segments: The landing.
        cafe: The café.
        pilot: The pilot's tiers.
        language: Of the one who reads.

    Raises:
        PilotError: the landing cannot be read.
    """
    if decision is None:
        return Reasons((say("bank", "why.waiting", language),))
    first = ruling(decision, language=language)
    if not first and decision.reason in ELSEWHERE:
        first = say("bank", ELSEWHERE[decision.reason], language)
    again = say("bank", "why.again", language, reference=receipt.reference)
    texts = said_in(segments, receipt.day, receipt.session_id)
    if not texts:
        sentences = [first, say("bank", "why.gone", language), again]
        return Reasons(tuple(each for each in sentences if each))

    from pipelines.scoring import score  # Lazily: its word lists.

    found = score(texts, language="en" if receipt.language == "en" else "sv", cafe=cafe)
    standing = SessionResult(
        reference=receipt.reference,
        score=found.score,
        eligible=prospective_reward_ore(pilot, score=found.score, eligible=found.eligible) > 0,
        subscores=found.subscores,
        signals=found.signals,
        raised=_raised(decision),
    )
    told = list(explain(standing, language=language))
    if first:
        told = [first, *told[1:]]  # The result that counts is the decision's.
    refused = decision.outcome == "declined" or decision.released is False
    if refused and again not in told and not any(receipt.reference in each for each in told):
        told.append(again)
    return Reasons(tuple(dict.fromkeys(told)), tuple(_quotes(texts, found.spans)))


def _quotes(texts: Sequence[str], spans: Sequence[Span]) -> Iterator[Quote]:
    """Yield the sentences that hold words that counted, in the order in which they were said."""
    sentences = ((turn, match) for turn, text in enumerate(texts) for match in SENTENCE.finditer(text))
    marked = ((match, _marked(match, [span for span in spans if span.turn == turn])) for turn, match in sentences)
    for match, marks in islice(((match, marks) for match, marks in marked if any(marks)), MOST_QUOTES):
        letters = zip(match.group(), marks, strict=True)
        yield tuple(
            ("".join(letter for letter, _ in run), counts) for counts, run in groupby(letters, key=lambda pair: pair[1])
        )


def _marked(sentence: re.Match[str], spans: Sequence[Span]) -> list[bool]:
    counted = [span for span in spans if span.subscore in PRAISED_FROM]
    return [any(span.start <= at < span.end for span in counted) for at in range(*sentence.span())]


def _raised(decision: Decision) -> tuple[Raised, ...]:
    if decision.outcome == "held" and decision.reason not in ELSEWHERE:
        names = [name for name in decision.reason.split(",") if name]
        return tuple(Raised(name, "hold", held_until=decision.held_until) for name in names)
    return (Raised("other", "cap"),) if decision.reason == "capped" else ()


def _events(body: bytes, mark: bytes) -> Iterator[tuple[str, tuple[int, int], UtteranceCommitted | UtteranceEdited]]:
    for line in body.splitlines():
        if mark not in line:
            continue
        try:
            event = parse_event(line)
            content = event.content()
        except (InvalidEvent, PilotError):
            continue
        if isinstance(content, UtteranceCommitted | UtteranceEdited):
            yield event.session_id, (event.epoch, event.seq), content
