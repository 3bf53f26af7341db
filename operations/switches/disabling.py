"""The words that guests of a disabled café read: for a usual reason, or an operator's own."""

from __future__ import annotations

from pilot.cafes import Cafe
from pilot.composed import composed
from pilot.errors import PilotError
from pilot.redaction import redact
from pilot.words import say, section

MOST_CHARACTERS = 200
_PREFIX = "why."


class InvalidGuestWords(PilotError):
    """The words for guests are missing in a language, too long, or hold personal data."""


def usual_reasons() -> tuple[str, ...]:
    """Return the reasons with words of their own: maintenance, staff, ..."""
    return tuple(key.removeprefix(_PREFIX) for key in section("doors", "sv") if key.startswith(_PREFIX))


def guest_words(cafe: Cafe, *, reason: str, swedish: str = "", english: str = "") -> tuple[str, str] | None:
    """Return what guests read in Swedish and English; None for the usual words without a reason.

    Args:
        cafe: The café.
        reason: The operator's reason; one of `usual_reasons` has words. Any other stays inside.
        swedish: Own words in Swedish; both languages or neither.
        english: Own words in English.

    Raises:
        InvalidGuestWords: the own words are not usable.
    """
    own = {"--guests-sv": composed(swedish).strip(), "--guests-en": composed(english).strip()}
    if not any(own.values()):
        code = reason.strip().lower()
        if code not in usual_reasons():
            return None
        sv, en = (say("doors", f"{_PREFIX}{code}", language, cafe=cafe.name) for language in ("sv", "en"))
        return sv, en
    for name, text in own.items():
        if not text:
            raise InvalidGuestWords(f"{name} is empty.", remedy="Give the words for guests in both languages.")
        if len(text) > MOST_CHARACTERS or "\n" in text:
            raise InvalidGuestWords(
                f"{name} has {len(text)} characters or several lines.",
                remedy=f"Write one line of at most {MOST_CHARACTERS} characters.",
            )
        if redact(text, "sv") != text:
            raise InvalidGuestWords(
                f"{name} seems to hold personal data: a name, a number, an address or an account.",
                remedy="Write it without: every guest reads it.",
            )
    return own["--guests-sv"], own["--guests-en"]
