"""Finds street addresses and postcodes in a text, Swedish and British."""

from __future__ import annotations

import re

from pilot.number_context import MEASURED, OF_A_THING

_THING_WITHIN = 40  # characters between "order" and its number

_CAPITAL = r"[A-ZÅÄÖÉÜ]"
_UNITS = "ett|två|tre|fyra|fem|sex|sju|åtta|nio"
_NUMBER = (
    rf"(?:(?!(?:19|20)\d\d\b)\d{{1,4}}|(?:{_UNITS})?hundra\w*|{_UNITS}|tio|elva|tolv|tretton|fjorton|femton|sexton"
    r"|sjutton|arton|nitton|(?:tjugo|trettio|fyrtio|femtio|sextio|sjuttio|åttio|nittio)\w*)"
)
# "Storgatan 12.30" is a time, "Storgatan 20 minuter" a wait and "Storgatan 2019" a year.
_HOUSE = rf"\s+(?:nummer\s+|nr\.?\s?)?{_NUMBER}(?:\s?[a-hA-H]\b)?\b(?![.:]\d\d\b)(?!(?i:{MEASURED.pattern}))"
_ENDING = "gatan|vägen|gränd|gränden|allén|stigen|torget|backen|esplanaden|kajen"
_OWN_WORD = "väg|gata|gränd|allé|torg|stig|backe"
_SIDE = "stora|lilla|norra|södra|östra|västra|gamla|nya|övre|nedre|yttre|inre"
_SWEDISH = re.compile(
    rf"\b[^\W\d]{{3,}}(?i:{_ENDING}){_HOUSE}"
    # A floor ("gallerians plan 3") and a seat are no addresses: these endings need a name's capital.
    rf"|\b(?!(?:Sitt|Ute|Arbets|Parkerings)plats){_CAPITAL}[^\W\d]{{2,}}(?:leden|ringen|plan|platsen){_HOUSE}"
    rf"|\b(?i:{_SIDE})\s+(?i:{_ENDING}|{_OWN_WORD}){_HOUSE}"
    rf"|\b(?:{_CAPITAL}[^\W\d]+\s+){{0,2}}[^\W\d]{{2,}}s\s+(?i:{_OWN_WORD}){_HOUSE}"
)
_POSTCODE = re.compile(
    rf"\b(?:SE-?\s?)?\d{{3}}\s?\d{{2}}\s+(?={_CAPITAL}[a-zåäöé]{{2}})(?!(?i:{MEASURED.pattern}))[\w-]+"
)
_OTHER = re.compile(
    r"\b\d{1,4}[a-zA-Z]?\s+(?:[A-Z][\w']+\s+){1,3}"
    r"(?:(?i:street|road|avenue|lane|drive|square)|St|Rd|Ave|Ln|Sq|Close|Court|Way|Place|Terrace|Crescent|Gardens|Grove"
    r"|Mews)\b"
    r"|(?<=postnummer )\d{3}\s?\d{2}\b|(?<=postcode )\w{2,4}\s?\d\w{2}\b"
    r"|\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b"
)


def address_spans(shape: str) -> list[tuple[int, int]]:
    """Return start and end of each address and postcode in `shape`, in order and without overlaps."""
    found = [match.span() for pattern in (_SWEDISH, _OTHER) for match in pattern.finditer(shape)]
    found += [
        match.span()
        for match in _POSTCODE.finditer(shape)
        if not OF_A_THING.search(shape[max(0, match.start() - _THING_WITHIN) : match.start()])
    ]
    spans: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans
