"""By what an erased session is recognised in a file: its identifiers, and pieces of its words.

Held in memory while the erasure runs, and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from storage.erasure.files_beside import pieces, spellings

SAID = ("transcript", "message")  # fields of events that hold what a guest said, wrote or caused
IDENTIFIERS = ("receipt_hash", "device_token_hash")


@dataclass(frozen=True, slots=True)
class Marks:
    """Byte strings that only this session's traces hold.

    Attributes:
        words: Pieces of what the guest said, in every spelling.
        identifiers: The session, its receipt's hash and its device token's hash.
    """

    words: frozenset[bytes]
    identifiers: frozenset[bytes]

    @property
    def everything(self) -> frozenset[bytes]:
        """Return both."""
        return self.words | self.identifiers


def marks_of(session: str, lines: Iterable[bytes]) -> Marks:
    """Return a session's marks from its lines in the landing; lines that are broken give none."""
    words: set[bytes] = set()
    identifiers = {session.encode()}
    for data in _data(lines):
        for field in SAID:
            text = data.get(field)
            if isinstance(text, str):
                words.update(spelling for piece in pieces(text) for spelling in spellings(piece))
        identifiers.update(
            value.encode() for field in IDENTIFIERS if isinstance(value := data.get(field), str) and value
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
