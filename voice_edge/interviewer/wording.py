"""Phrases in several variants, drawn by a stable hash of the conversation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from pilot.cafes import Language
from pilot.words import section
from voice_edge.interviewer.conversation import Conversation
from voice_edge.interviewer.phrases import SECTION


class Wording:
    """Draws the variants of one reply.

    The same conversation always gets the same words; a variant that the talk has used is not drawn again.

    Args:
        conversation: The conversation to reply to.
        language: The reply's language.
    """

    def __init__(self, conversation: Conversation, *, language: Language) -> None:
        self._texts = section(SECTION, language)
        self._said = " ".join(exchange.question for exchange in conversation.exchanges)
        talk = "\n".join(f"{exchange.question}\t{exchange.answer}" for exchange in conversation.exchanges)
        self._talk = f"{conversation.cafe.id}\n{talk}"

    def draw(self, key: str, **fields: str) -> str:
        """Return one of the phrases of `key` (`<key>.1`, `<key>.2` ...), its first letter in upper case.

        Raises:
            KeyError: there is no such phrase, or it needs a field that was not given.
        """
        variants = [
            self._texts[name].format(**fields)
            for name in self._texts
            if name.startswith(f"{key}.") and name.removeprefix(f"{key}.").isdigit()
        ]
        if not variants:
            raise KeyError(key)
        unused = [variant for variant in variants if variant not in self._said] or variants
        drawn = unused[_number(self._talk, key) % len(unused)]
        return drawn[0].upper() + drawn[1:]

    def has(self, key: str) -> bool:
        """Return whether there are phrases of `key`."""
        return f"{key}.1" in self._texts

    def first(self, keys: Sequence[str], **fields: str) -> str:
        """Return a phrase of the first of `keys` that exists."""
        return self.draw(next(key for key in keys if self.has(key)), **fields)


def _number(talk: str, key: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{key}\n{talk}".encode(), digest_size=8).digest())
