"""The words of a session as they were said, repetitions included."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"\w+")


def spoken(turns: Iterable[str]) -> list[str]:
    """Return the words and numbers of turns, in lower case and in order."""
    return _WORD.findall(" ".join(turns).lower())
