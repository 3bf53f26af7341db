"""Redacts a customer's words, long ones in a thread, so that no other conversation waits for them."""

from __future__ import annotations

import asyncio

from pilot.redaction import redact
from voice_edge.conversation.state import SessionState

LONG_CHARACTERS = 400  # About a millisecond; a thread costs a tenth of one.


async def redacted(state: SessionState, text: str, *, unfinished: bool = False) -> str:
    """Return the next turn's words, redacted in context; `unfinished` if it is a caption."""
    if len(text) < LONG_CHARACTERS:
        return state.redacted(text, unfinished=unfinished)
    return await asyncio.to_thread(state.redacted, text, unfinished=unfinished)


async def redacted_again(state: SessionState, number: int, text: str) -> str:
    """Return the edited words of turn `number`, redacted in the context of the turns before it."""
    if len(text) < LONG_CHARACTERS:
        return state.redacted_again(number, text)
    return await asyncio.to_thread(state.redacted_again, number, text)


async def redacted_alone(state: SessionState, text: str) -> str:
    """Return words that are no turn, redacted without context."""
    if len(text) < LONG_CHARACTERS:
        return redact(text, state.language)
    return await asyncio.to_thread(redact, text, state.language)
