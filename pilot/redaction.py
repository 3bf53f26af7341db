"""Redaction: what identifies a guest is masked before anything is written, shown as a caption or logged.

Masked are e-mail addresses (also spoken: "anna snabel-a gmail punkt com"), long numbers in digits and in words
(telephone, personal identity and card numbers: "noll sju noll ett två tre ..."), web addresses with a person's handle
and what follows "jag heter" / "my name is". Prices, times, dates and amounts stay.

Known to pass through: a name said without an introduction, a street address, a number told over several turns in
groups of less than three digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Language = Literal["sv", "en"]

LONG_NUMBER_DIGITS = 7  # Amounts and times have fewer; Swedish telephone numbers have at least 8.
LONG_GROUP_DIGITS = 6  # One unbroken group: a birth date of a personal identity number.
BROKEN_OFF_DIGITS = 3  # A number that a turn breaks off, after a word that announces one.

MASKS: dict[Language, dict[str, str]] = {
    "sv": {"number": "[nummer]", "email": "[e-post]", "name": "[namn]", "handle": "[konto]"},
    "en": {"number": "[number]", "email": "[email]", "name": "[name]", "handle": "[account]"},
}

_UNITS = (
    "noll nolla ett en två tre fyra fem sex sju åtta nio zero oh o one two three four five six seven eight nine"
).split()
_TEENS = (
    "tio elva tolv tretton fjorton femton sexton sjutton arton aderton nitton "
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = (
    "tjugo tjugi trettio tretti fyrtio fyrti femtio femti sextio sexti sjuttio sjutti åttio åtti nittio nitti "
    "twenty thirty forty fifty sixty seventy eighty ninety"
).split()
_TENS_SV = _TENS[:16]
_UNITS_SV = _UNITS[2:11]
_MULTIPLIERS = {"dubbel": 2, "trippel": 3, "double": 2, "triple": 3}
_DIGITS_OF: dict[str, int] = (
    dict.fromkeys(_UNITS, 1)
    | dict.fromkeys(_TEENS, 2)
    | dict.fromkeys(_TENS, 2)
    | {f"{ten}{unit}": 2 for ten in _TENS_SV for unit in _UNITS_SV}
)
_JOINERS = frozenset({"streck", "bindestreck", "dash", "plus", "mellanslag", "space", "sen", "then"})
_ANNOUNCES = re.compile(
    r"\b(nummer|numret|mobil\w*|telefon\w*|tele|personnummer\w*|kort\w*nummer|ring|ringa|sms\w*|swish\w*|number|phone|mobile|cell|call|text)\b",
    re.IGNORECASE,
)

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.UNICODE)
_SPOKEN_EMAIL = re.compile(
    r"\b[\w-]+(?:\s*(?:\.|\bpunkt\b|\bdot\b|\bunderscore\b|\bunderstreck\b|\bbindestreck\b)\s*[\w-]+)*"
    r"\s+(?:snabel[ -]?a|snabela|at)\s+"
    r"[\w-]+(?:\s*(?:\.|\bpunkt\b|\bdot\b)\s*\w+)+",
    re.IGNORECASE,
)
_HANDLE = re.compile(
    r"(?:https?://|www\.)\S+|(?<![\w@])@\w[\w.]{2,}|\b(?:instagram|facebook|tiktok|linkedin)\.com/\S+", re.IGNORECASE
)
_NAME_WORD = r"[A-ZÅÄÖÉÜ][\w'-]+"
_NAME = re.compile(
    r"(?i:\b(?:jag heter|mitt namn är|mitt namn e|my name is|my name's|my full name is))\s+"
    rf"({_NAME_WORD}(?:\s+(?:(?:von|af|de|van)\s+)?{_NAME_WORD}){{0,2}}|\w[\w'-]+)"
)
_TIME_OR_DATE = re.compile(
    r"\b(?:[01]?\d|2[0-4])[.:][0-5]\d\b(?!\.?\d)|\b(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b"
)
_TOKEN = re.compile(r"\d+|[^\W\d_]+", re.UNICODE)
_BETWEEN = re.compile(r"[\s\-–—.,/()+]*")


@dataclass(frozen=True, slots=True)
class _Number:
    """A run of number tokens: where it stands, how many digits it says, and its longest group of digits."""

    start: int
    end: int
    digits: int
    longest_group: int


def redact(text: str, language: Language, *, before: str = "") -> str:
    """Return `text` with what identifies a guest masked.

    Args:
        text: What was said or typed in one turn.
        language: Decides the masks' words; numbers are recognised in both languages.
        before: The turn before, already redacted: a number that it broke off goes on here.
    """
    masks = MASKS[language]
    text = _EMAIL.sub(masks["email"], text)
    text = _SPOKEN_EMAIL.sub(masks["email"], text)
    text = _HANDLE.sub(masks["handle"], text)
    text = _NAME.sub(lambda found: found.group(0)[: found.start(1) - found.start(0)] + masks["name"], text)
    return _mask_numbers(text, mask=masks["number"], goes_on=_breaks_off(before))


def redact_turns(turns: list[str], language: Language) -> list[str]:
    """Return all turns redacted, each with the one before it in view."""
    redacted: list[str] = []
    for text in turns:
        redacted.append(redact(text, language, before=redacted[-1] if redacted else ""))
    return redacted


def _mask_numbers(text: str, *, mask: str, goes_on: bool) -> str:
    kept: list[str] = []
    position = 0
    for number in _numbers(text):
        announced = _ANNOUNCES.search(text[max(0, number.start - 40) : number.start]) is not None
        starts = not _TOKEN.search(text[: number.start])
        at_end = not _TOKEN.search(text[number.end :])
        long = number.digits >= LONG_NUMBER_DIGITS or number.longest_group >= LONG_GROUP_DIGITS
        broken_off = announced and number.digits >= BROKEN_OFF_DIGITS and at_end
        if long or broken_off or (goes_on and starts and number.digits >= BROKEN_OFF_DIGITS):
            kept += [text[position : number.start], mask]
            position = number.end
    return "".join([*kept, text[position:]])


def _breaks_off(before: str) -> bool:
    """Return whether the turn before ends inside a number, masked or not, or announces one at its end."""
    tail = before.rstrip(" .,!?…")
    if tail.endswith(tuple(masks["number"] for masks in MASKS.values())):
        return True
    numbers = _numbers(tail)
    if numbers and numbers[-1].end == len(tail) and numbers[-1].digits >= BROKEN_OFF_DIGITS:
        return True
    return _ANNOUNCES.search(tail[-30:]) is not None


def _numbers(text: str) -> list[_Number]:
    """Find the runs of number tokens that only joiners and punctuation separate."""
    skipped = [found.span() for found in _TIME_OR_DATE.finditer(text)]
    runs: list[_Number] = []
    current: _Number | None = None
    multiplier = 1
    reach = 0  # where the run would have to go on
    for token in _TOKEN.finditer(text):
        inside_time = any(start <= token.start() < end for start, end in skipped)
        digits = 0 if inside_time else _digits(token.group())
        joined = current is not None and _BETWEEN.fullmatch(text, reach, token.start()) is not None
        word = token.group().casefold()
        if not inside_time and word in _MULTIPLIERS:
            multiplier = _MULTIPLIERS[word]
            if joined:
                reach = token.end()
            continue
        if digits:
            group = digits if token.group().isdigit() else 0
            digits *= multiplier
            multiplier = 1
            if current is not None and joined:
                current = _Number(
                    current.start, token.end(), current.digits + digits, max(current.longest_group, group)
                )
            else:
                if current is not None:
                    runs.append(current)
                current = _Number(token.start(), token.end(), digits, group)
            reach = token.end()
        elif joined and word in _JOINERS:
            reach = token.end()
        elif current is not None:
            runs.append(current)
            current = None
    if current is not None:
        runs.append(current)
    return runs


def _digits(token: str) -> int:
    return len(token) if token.isdigit() else _DIGITS_OF.get(token.casefold(), 0)
