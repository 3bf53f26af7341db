"""Validates what operators write in an incident: plain, limited, and without personal data."""

from __future__ import annotations

import re
import unicodedata

from pilot.redaction import redact
from pilot.text_shape import clean
from storage.errors import StorageError

MOST_CHARACTERS = 1000


class IncidentRefused(StorageError):
    """A field of an incident is not usable, or there is no such incident."""


def plain_note(text: str, field: str, *, required: bool = True, most: int = MOST_CHARACTERS) -> str:
    """Return an operator's text in composed Unicode, on one line.

    Raises:
        IncidentRefused: it is empty, too long, has control characters, or holds personal data.
    """
    line = re.sub(r"\s+", " ", clean(text[: 4 * most])).strip()
    if required and not line:
        raise IncidentRefused(f"The {field} is empty.", remedy="Write what is known, in a sentence.")
    if len(text) > 4 * most or len(line) > most:
        raise IncidentRefused(f"The {field} is longer than {most} characters.", remedy="Shorten it.")
    if any(unicodedata.category(each) == "Cc" for each in line):
        raise IncidentRefused(f"The {field} has control characters.", remedy="Type it as plain text.")
    # Moments and versions are no telephone numbers, and an incident's text is full of them.
    if redact(without_figures(line), "sv") != without_figures(line):
        raise IncidentRefused(
            f"The {field} seems to hold personal data: a name, a number, an address or an account.",
            remedy="Write it without; name a session by its id.",
        )
    return line


_FIGURES = re.compile(
    r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d?[:.]\d\d(?:[:.]\d\d)?)?\b|\b\d\d?[:.]\d\d\b"  # moments
    r"|\b\d+(?:\.\d+){1,3}\b"  # versions and decimals
    r"|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"  # sessions
)


def without_figures(text: str) -> str:
    """Return the text without moments, versions and sessions' ids."""
    return _FIGURES.sub("…", text)
