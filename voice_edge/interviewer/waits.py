"""How long a guest says to have waited, in the guest's own words."""

from __future__ import annotations

import re

from pilot.cafes import Language

# From eight minutes on: fewer are no wait to regret.
_LONG: dict[Language, str] = {
    "sv": r"(?:(?:[89]|[1-9]\d|1\d\d|åtta|nio|tio|elva|tolv|tretton|fjorton|femton|sexton|sjutton|arton|nitton|"
    r"(?:tjugo|trettio|fyrtio|femtio)(?:en|två|tre|fyra|fem|sex|sju|åtta|nio)?) (?:minuter|min)|"
    r"(?:en|två|tre|\d) timm(?:e|ar))",
    "en": r"(?:(?:[89]|[1-9]\d|1\d\d|eight|nine|ten|eleven|twelve|fifteen|eighteen|"
    r"(?:twenty|thirty|forty|fifty)(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?) (?:minutes|mins|min)|"
    r"(?:an|one|two|three|\d) hours?)",
}
_WHOLE: dict[Language, str] = {
    "sv": r"en (?:halvtimme|kvart|trekvart)",
    "en": r"(?:half an hour|a quarter of an hour|half my lunch(?: hour| break)?)",
}
_WAITED: dict[Language, re.Pattern[str]] = {
    "sv": re.compile(r"\b(?:vänt\w*|kö\w*|stod|stå|tog|dröjde|innan|(?:minuter|min|timme) för)\b"),
    "en": re.compile(r"\b(?:wait\w*|queu\w*|line|took|stood|before|late|(?:minutes|mins|hour) for)\b"),
}


def wait_in(text: str, language: Language) -> str:
    """Return the time that a guest has waited, as said: "tjugofem minuter"; empty if none is said."""
    said = text.casefold()
    if not _WAITED[language].search(said):
        return ""
    found = re.search(rf"\b(?:{_WHOLE[language]}|{_LONG[language]})\b", said)
    return found.group().replace("half my", "half your") if found else ""
