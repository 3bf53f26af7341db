"""Validates the texts that a manager writes in a case: limited, plain, and without personal data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from pilot.redaction import redact
from pilot.text_shape import clean
from storage.store.cafes.cases import CaseRefused

Field = Literal["owner", "note", "said", "answer", "actor"]
MOST_CHARACTERS: Mapping[Field, int] = MappingProxyType(
    {"owner": 80, "note": 500, "said": 160, "answer": 400, "actor": 80}
)
SUBJECT = re.compile(r"[a-z][a-z_]{0,39}")
# An owner and an actor are names; the others must identify nobody.
_NAMES = ("owner", "actor")


def plain_text(text: str, field: Field) -> str:
    """Return a manager's text in composed Unicode, on one line.

    Raises:
        CaseRefused: it is too long, has control characters, or holds personal data.
    """
    most = MOST_CHARACTERS[field]
    line = re.sub(r"\s+", " ", clean(text[: 4 * most])).strip()
    if len(text) > 4 * most or len(line) > most:
        raise CaseRefused(f"The {field} is longer than {most} characters.", remedy="Shorten it.", code="too_long")
    if any(unicodedata.category(each) == "Cc" for each in line):
        raise CaseRefused(f"The {field} has control characters.", remedy="Type it as plain text.")
    # Both languages' rules are applied to a text in either language; only the mask depends on it.
    if field not in _NAMES and redact(line, "sv") != line:
        raise CaseRefused(
            f"The {field} seems to hold personal data: a name, a number, an address or an account.",
            remedy="Write it without: guests read the answer, and a case outlives their own words.",
            code="personal",
        )
    return line


def theme_code(text: str) -> str:
    """Return the code of a case's subject.

    Raises:
        CaseRefused: it is not a code, as a guest's words would not be.
    """
    if not SUBJECT.fullmatch(text):
        raise CaseRefused(
            "The subject of a case is not a code.",
            remedy="Give a theme's code or an urgent flag: queue, urgent_allergy.",
        )
    return text
