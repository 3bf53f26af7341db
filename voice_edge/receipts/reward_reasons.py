"""Explains to a receipt's guest why the answer got its result, from the landing.

The answer is scored again by the same function, so that the explanation needs no Dagster, no lake and no copy of the
guest's words. Points and thresholds are not shown.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, islice
from typing import TYPE_CHECKING

from payouts.answering import OTHER_REASONS, first_sentence
from payouts.rewards import prospective_reward_ore
from pilot.cafes import Cafe, Language, Pilot
from pilot.errors import InvalidEvent, PilotError
from pilot.events import UtteranceCommitted, UtteranceEdited, parse_event
from pilot.turns import counts_as_feedback
from pilot.words import say
from pipelines.feedback.explanation import RaisedSignal, SessionResult, explain
from pipelines.signals.reasons import REASONS
from storage.errors import CorruptSegment
from storage.landing.segments import Segments
from storage.store.rewards.decisions import Decision
from storage.store.rewards.receipts import Receipt

MOST_QUOTES = 6  # sentences
SENTENCE = re.compile(r"\S[^.!?]*[.!?]*")
if TYPE_CHECKING:
    from pipelines.scoring import Span

# A decision records that a signal capped its score, not which one: only a single capping signal can be named.
CAPPING = tuple(name for name, reason in REASONS.items() if reason.severity == "cap")
CAPPED_BY = CAPPING[0] if len(CAPPING) == 1 else "other"


# A sentence in pieces, each with whether it counted.
Quote = tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class RewardReasons:
    """The explanation in sentences, and the guest's own sentences with words that counted."""

    sentences: tuple[str, ...]
    quotes: tuple[Quote, ...] = ()


def session_texts(segments: Segments, day: date, session_id: str) -> list[str]:
    """Return the text of each turn of a session that is scored, in order, from the landing.

    The last revision of a turn counts. The guest's own edit replaces it, and is not low confidence.

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


def reward_reasons(
    receipt: Receipt, decision: Decision | None, *, segments: Segments, cafe: Cafe, pilot: Pilot, language: Language
) -> RewardReasons:
    """Return the explanation of a reward's decision.

    Args:
        receipt: The receipt; its answers were not erased.
        decision: The decision; None before it.
        segments: The landing.
        cafe: The café.
        pilot: The pilot's tiers.
        language: The reader's language.

    Raises:
        PilotError: the landing cannot be read.
    """
    if decision is None:
        return RewardReasons((say("bank", "why.waiting", language),))
    first = first_sentence(decision, language=language)
    again = say("bank", "why.again", language, reference=receipt.reference)
    texts = session_texts(segments, receipt.day, receipt.session_id)
    if not texts:
        sentences = [first, say("bank", "why.gone", language), again]
        return RewardReasons(tuple(each for each in sentences if each))

    from pipelines.scoring import score  # Lazily: its model.

    scored = score(texts, language="en" if receipt.language == "en" else "sv", cafe=cafe)
    result = SessionResult(
        reference=receipt.reference,
        score=scored.score,
        eligible=prospective_reward_ore(pilot, score=scored.score, eligible=scored.eligible) > 0,
        said=scored.reasons.said,
        left_out=scored.reasons.left_out,
        signals=scored.signals,
        raised=_raised(decision),
    )
    sentences = list(explain(result, language=language))
    if first:
        sentences = [first, *sentences[1:]]  # The decision overrides the result.
    refused = decision.outcome == "declined" or decision.released is False
    if refused and again not in sentences and not any(receipt.reference in each for each in sentences):
        sentences.append(again)
    return RewardReasons(tuple(dict.fromkeys(sentences)), tuple(_quotes(texts, scored.spans)))


def _quotes(texts: Sequence[str], spans: Sequence[Span]) -> Iterator[Quote]:
    """Yield the sentences with words that counted, in spoken order."""
    sentences = ((turn, match) for turn, text in enumerate(texts) for match in SENTENCE.finditer(text))
    marked = ((match, _marked(match, [span for span in spans if span.turn == turn])) for turn, match in sentences)
    for match, marks in islice(((match, marks) for match, marks in marked if any(marks)), MOST_QUOTES):
        letters = zip(match.group(), marks, strict=True)
        yield tuple(
            ("".join(letter for letter, _ in run), counts) for counts, run in groupby(letters, key=lambda pair: pair[1])
        )


def _marked(sentence: re.Match[str], spans: Sequence[Span]) -> list[bool]:
    return [any(span.start <= at < span.end for span in spans) for at in range(*sentence.span())]


def _raised(decision: Decision) -> tuple[RaisedSignal, ...]:
    if decision.outcome == "held" and decision.reason not in OTHER_REASONS:
        names = [name for name in decision.reason.split(",") if name]
        return tuple(RaisedSignal(name, "hold", held_until=decision.held_until) for name in names)
    return (RaisedSignal(CAPPED_BY, "cap"),) if decision.reason == "capped" else ()


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
