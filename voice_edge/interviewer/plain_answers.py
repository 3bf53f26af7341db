"""Answers of a few fixed words, which need no model: yes, no, so-so, only just arrived."""

from __future__ import annotations

import re

from pilot.cafes import Language

_NO: dict[Language, re.Pattern[str]] = {
    "sv": re.compile(
        r"^ (?:nej|nä|nix|näe|nope|inget|ingenting|nada|inte direkt|inget särskilt|vet inte|vet ej|ingen aning)"
        r"(?: (?:nej|tack|då|alls|direkt|särskilt|speciellt|precis|inget|faktiskt|det är bra))* $"
    ),
    "en": re.compile(
        r"^ (?:no|nope|nah|nothing|not really|not rly|none|no idea|dunno|don't know|i don't know)"
        r"(?: (?:thanks|thank you|really|at all|much|special|in particular|nothing|it's fine))* $"
    ),
}
_YES: dict[Language, re.Pattern[str]] = {
    "sv": re.compile(
        r"^ (?:ja|jo|jadå|jodå|japp|jepp|jajamän|precis|exakt|absolut|visst)(?: (?:ja|tack|det|då|absolut))* $"
    ),
    "en": re.compile(
        r"^ (?:yes|yeah|yep|yup|sure|exactly|absolutely|right)(?: (?:please|it|is|was|did|i|"
        r"thanks))* $"
    ),
}
_SO_SO: dict[Language, re.Pattern[str]] = {
    "sv": re.compile(
        r"^ (?:(?:jo|jodå|ja|jadå|det|är|var|e|det är|det var|helt|rätt|ganska|väl) )*"
        r"(?:ok|okej|okay|okey|sådär|så där|nja|tja|meh|lagom|godkänt|bra)"
        r"(?: (?:antar jag|gissar jag|typ|väl))+ $|"
        r"^ (?:(?:jo|jodå|ja|jadå|det|är|var|e|det är|det var|helt|rätt|ganska|väl) )*"
        r"(?:ok|okej|okay|okey|sådär|så där|nja|tja|meh|lagom|godkänt) $"
    ),
    "en": re.compile(
        r"^ (?:(?:it's|its|it is|it was|yeah|just|quite|all|pretty) )*"
        r"(?:ok|okay|fine|alright|all right|so so|meh|average)(?: (?:i guess|i suppose))? $"
    ),
}
_ARRIVED: dict[Language, re.Pattern[str]] = {
    "sv": re.compile(
        r"\b(?:kom precis|precis (?:kommit|satt|slagit|kom)|nyss (?:kommit|satt)|nyligen kommit|"
        r"inte (?:hunnit )?(?:beställt|beställa|fått (?:maten|kaffet|min|mitt|något|nåt) än|smakat än))\b"
    ),
    "en": re.compile(
        r"\b(?:just (?:got here|arrived|sat down|walked in|came in now)|only just (?:got|arrived|sat)|"
        r"(?:haven't|havent|not) (?:even )?(?:ordered|had anything|tried anything)(?: yet)?)\b"
    ),
}


_NOBODY: dict[Language, re.Pattern[str]] = {
    "sv": re.compile(r"\b(?:inte ert fel|är inte ni|inte er det är fel på|inget ni (?:har|kan))\b"),
    "en": re.compile(r"\b(?:not your fault|isn't you|it's not you|nothing you did|not about you)\b"),
}


_DECLINES: dict[Language, re.Pattern[str]] = {
    "sv": re.compile(
        r"^ (?:ingen kommentar|inga kommentarer|nej tack) $|\b(?:fråga (?:nån|någon) annan|"
        r"hinner inte (?:prata|svara|mer)|måste (?:gå|sticka|springa|dra) nu|nu ska jag (?:betala|gå))\b"
    ),
    "en": re.compile(
        r"^ (?:no comment(?: lol| haha)?|no thanks|no thank you) $|"
        r"\b(?:gotta (?:go|run)(?! to)|have to (?:go|run) now|ask some(?:one|body) else|no time (?:for this|to talk))\b"
    ),
}
_TOP: dict[Language, re.Pattern[str]] = {
    "sv": re.compile(r"\b(?:10 (?:av )?10|tio av tio|5 (?:av )?5|fem av fem|fem stjärnor|full pott|toppbetyg)\b"),
    "en": re.compile(
        r"\b(?:10 (?:out of )?10|ten out of ten|5 (?:out of )?5|five out of five|five stars|full marks)\b"
    ),
}


_BARE_PRAISE: dict[Language, re.Pattern[str]] = {
    "sv": re.compile(
        r"^ (?:(?:jätte|super|mycket|mkt|väldigt|rätt|riktigt) ?)?(?:bra|gott|fint|toppen|mysigt|"
        r"trevligt|kanon|härligt) $"
    ),
    "en": re.compile(r"^ (?:(?:very|really|so|pretty) )?(?:good|great|nice|lovely|excellent|perfect|wonderful) $"),
}


def is_bare_praise(words: str, language: Language) -> bool:
    """Return whether an answer in plain form is a mere word of praise."""
    return bool(_BARE_PRAISE[language].search(words))


def declines(words: str, language: Language) -> bool:
    """Return whether an answer in plain form declines to say more."""
    return bool(_DECLINES[language].search(words))


def is_top_rating(words: str, language: Language) -> bool:
    """Return whether it gives the best marks."""
    return bool(_TOP[language].search(words))


def says_no(words: str, language: Language) -> bool:
    """Return whether an answer in plain form is a mere no, or that there is nothing to say."""
    return bool(_NO[language].search(words))


def says_yes(words: str, language: Language) -> bool:
    """Return whether it is a mere yes."""
    return bool(_YES[language].search(words))


def is_so_so(words: str, language: Language) -> bool:
    """Return whether it is a mild verdict: neither praise nor nothing to say."""
    return bool(_SO_SO[language].search(words))


def blames_nobody(words: str, language: Language) -> bool:
    """Return whether the guest says that what was wrong is not the café's fault."""
    return bool(_NOBODY[language].search(words))


def has_just_arrived(words: str, language: Language) -> bool:
    """Return whether the visit has only begun."""
    return bool(_ARRIVED[language].search(words))
