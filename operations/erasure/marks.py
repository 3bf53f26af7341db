"""The marks that identify an erased session in a file: its identifiers and pieces of its words.

They exist in memory during the erasure only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from storage.erasure.files_beside import pieces, spellings

WORD_FIELDS = ("transcript", "message")  # Event fields with a guest's words, or words derived from them.
IDENTIFIER_FIELDS = ("receipt_hash", "device_token_hash")


@dataclass(frozen=True, slots=True)
class Marks:
    """Byte strings that occur in this session's traces only.

    Attributes:
        words: Pieces of the guest's words, in every spelling.
        identifiers: The session's id, receipt hash and device token hash.
    """

    words: frozenset[bytes]
    identifiers: frozenset[bytes]

    @property
    def everything(self) -> frozenset[bytes]:
        """Return words and identifiers."""
        return self.words | self.identifiers


def marks_of(session: str, lines: Iterable[bytes]) -> Marks:
    """Return a session's marks from its lines in the landing; skip damaged lines."""
    words: set[bytes] = set()
    identifiers = {session.encode()}
    for data in _data(lines):
        for field in WORD_FIELDS:
            text = data.get(field)
            if isinstance(text, str):
                words.update(spelling for piece in pieces(text) for spelling in spellings(piece))
        identifiers.update(
            value.encode() for field in IDENTIFIER_FIELDS if isinstance(value := data.get(field), str) and value
        )
    return Marks(frozenset(words), frozenset(identifiers))


def _data(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and isinstance(event.get("data"), dict):
            yield event["data"]
