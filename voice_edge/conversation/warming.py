"""Warm-up: loads models and words before the first customer needs them."""

from __future__ import annotations

import asyncio

import structlog

from pilot.cafes import Cafe, Language
from pilot.redaction import redact
from voice_edge import interviewer
from voice_edge.conversation.completion import preliminary
from voice_edge.edge import Edge
from voice_edge.interviewer import Conversation, Exchange, ScriptedInterviewer

log = structlog.get_logger("voice_edge")

SAMPLES: dict[Language, str] = {
    "sv": "Kaffet var gott men det var lång kö vid lunch",
    "en": "The coffee was good but the queue was long at lunch",
}


def warm_words(edge: Edge) -> None:
    """Use the interviewer, the redaction and the scorer once in each language."""
    try:
        for language, text in SAMPLES.items():
            _use(edge.cafes.cafe[0], language, text=text)
    except Exception as error:  # any error: the recogniser must be warmed in any case
        log.error("words not warm", kind=type(error).__name__)


def _use(cafe: Cafe, language: Language, *, text: str) -> None:
    question = interviewer.opening_question(cafe, language)
    exchange = Exchange(question=question, answer=redact(text, language))
    asyncio.run(_reply(Conversation(cafe=cafe, language=language, exchanges=(exchange,), follow_ups_asked=0)))
    preliminary([text], language=language, cafe=cafe)


async def _reply(talk: Conversation) -> None:
    async for _ in ScriptedInterviewer().reply(talk):
        pass
