"""An interviewer's input and output: the conversation so far, and the growing reply."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from pilot.cafes import Cafe, Language

MOST_FOLLOW_UPS = 2

Author = Literal["scripted", "ollama"]
Purpose = Literal["follow_up", "thanks"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and the guest's answer."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A talk up to the guest's latest answer.

    Attributes:
        cafe: The café.
        language: The language of the talk.
        exchanges: All exchanges from the opening question on; the reply is to the last answer.
        follow_ups_asked: Number of follow-up questions asked.
    """

    cafe: Cafe
    language: Language
    exchanges: tuple[Exchange, ...]
    follow_ups_asked: int


@dataclass(frozen=True, slots=True)
class ReplyPart:
    """A reply so far.

    Attributes:
        text: The whole reply so far; a later part's text starts with an earlier one's.
        final: Whether it is complete.
        author: The author of its question; without a question, of its words.
        purpose: `thanks` ends the talk.
        instead_of_model: Why the script replied instead of the model, see `tally.py`; empty if it did not.
    """

    text: str
    final: bool
    author: Author
    purpose: Purpose
    instead_of_model: str = ""


class Interviewer(Protocol):
    """Replies to a guest's turn."""

    def reply(self, conversation: Conversation, *, committed: asyncio.Event | None = None) -> AsyncIterator[ReplyPart]:
        """Yield the reply as it grows; the last part is final.

        It may be iterated before the turn is committed, on the words of a speculation. The work then starts at once,
        but nothing is yielded until `committed` is set, so that every part may be shown. Deadlines run from that
        moment, not from the call. If the reply is no longer needed (the guest resumed, or the committed words are not
        `equivalent`), close the iterator or cancel its reader, whether `committed` is set or not; this frees the model.

        Args:
            conversation: The conversation up to the answer to reply to.
            committed: Set once the turn is committed; None if it already is, as a typed turn.
        """
        ...


@runtime_checkable
class TimedLoads(Protocol):
    """An interviewer whose loads are timed, for the edge's metrics.

    Attributes:
        on_load: Called with the seconds of each load of the model, None for one that failed.
    """

    on_load: Callable[[float | None], None] | None


@runtime_checkable
class Loaded(Protocol):
    """An interviewer that must be loaded before it can reply quickly, and closed at the end."""

    async def preload(self) -> None:
        """Load it.

        Raises:
            ModelAway: it cannot be loaded now; it still replies, by the script.
        """
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...
