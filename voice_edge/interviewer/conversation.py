"""What an interviewer is given and gives: the conversation so far, and the reply as it grows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from pilot.cafes import Cafe, Language

MOST_FOLLOW_UPS = 2

Author = Literal["scripted", "ollama"]
Purpose = Literal["follow_up", "thanks"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and what the guest answered."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """A talk up to the guest's latest answer.

    Attributes:
        cafe: Where the guest is.
        language: The language of the talk.
        exchanges: From the opening question on; the last one holds the answer to reply to.
        follow_ups_asked: How many follow-up questions have been asked.
    """

    cafe: Cafe
    language: Language
    exchanges: tuple[Exchange, ...]
    follow_ups_asked: int


@dataclass(frozen=True, slots=True)
class ReplyPart:
    """A reply so far.

    Attributes:
        text: All of the reply up to now; a later part's begins with an earlier one's.
        final: Whether it is complete.
        author: Who wrote its question; of a part that has none yet, who wrote its words.
        purpose: `thanks` ends the talk.
        instead_of_model: Why the script answered where a model could have: see `tally.py`; empty where none was asked.
    """

    text: str
    final: bool
    author: Author
    purpose: Purpose
    instead_of_model: str = ""


class Interviewer(Protocol):
    """Answers a guest's turn."""

    def reply(self, conversation: Conversation, *, committed: asyncio.Event | None = None) -> AsyncIterator[ReplyPart]:
        """Yield the reply as it grows; the last part is final.

        It may be iterated before the turn is committed, on the words of a speculation. Then the work begins at once,
        but nothing is yielded until `committed` is set: every part that is yielded may be shown. Deadlines run from
        that moment, not from the call. Whoever has no use for the reply any more (the guest went on, the committed
        words are not `equivalent`) closes the iterator or cancels its reader, set or not; that gives the model back.

        Args:
            conversation: The talk up to the answer to reply to.
            committed: Set once the turn is committed; None where it already is, as a typed turn is.
        """
        ...


@runtime_checkable
class Loaded(Protocol):
    """An interviewer that is loaded before it can answer quickly, and closed at the end."""

    async def preload(self) -> None:
        """Load it.

        Raises:
            ModelAway: it cannot be loaded now; it still answers, by the script.
        """
        ...

    async def close(self) -> None:
        """Give its connections back."""
        ...
