"""Finds runs of numbers in a text, in digits and in Swedish and English words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pilot.text_shape import shape

_UNITS_SV = "ett en två tre fyra fem sex sju åtta nio".split()
_UNITS_EN = "one two three four five six seven eight nine".split()
_ZEROS = "noll nolla zero oh o nought".split()
_TEENS_SV = "tio elva tolv tretton fjorton femton sexton sjutton arton aderton nitton".split()
_TEENS_EN = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TEENS = _TEENS_SV + _TEENS_EN
_TENS_SV = (
    "tjugo tjugi tjuge trettio tretti fyrtio fyrti fyrtie femtio femti sextio sexti sjuttio sjutti åttio åtti nittio"
    " nitti"
).split()
_TENS_EN = "twenty thirty forty fourty fifty sixty seventy eighty ninety".split()
_TENS = frozenset(_TENS_SV + _TENS_EN)
_UNITS = frozenset(_UNITS_SV + _UNITS_EN)
_MULTIPLIERS = {"dubbel": 2, "dubbla": 2, "trippel": 3, "double": 2, "triple": 3, "treble": 3}
_DIGITS_OF: dict[str, int] = (
    dict.fromkeys([*_ZEROS, *_UNITS_SV, *_UNITS_EN], 1)
    | dict.fromkeys([*_TEENS, *_TENS], 2)
    | {f"{ten}{unit}": 2 for ten in _TENS_SV for unit in _UNITS_SV}
)
_HUNDREDS = re.compile(rf"(?:{'|'.join(_UNITS_SV)})?hundra\w*")
_JOINERS = frozenset({"streck", "bindestreck", "dash", "hyphen", "plus", "mellanslag", "space", "sen", "then", "så"})
# Between the groups of a telephone number only: "45 och 55 kronor" are two amounts, and "07 och 08" two hours.
_PAUSES = frozenset("och komma eh öh ehm hm and comma uh um er punkt dot".split())
_PAUSES_AFTER_DIGITS = 3
_COMPOUND_NAMES = {
    name: digits
    for name, digits in _DIGITS_OF.items()
    if name in {"noll", *_UNITS_SV, *_TEENS_SV, *_TENS_SV} or name.startswith(tuple(_TENS_SV))
}
_COMPOUND = re.compile("|".join(sorted(_COMPOUND_NAMES, key=len, reverse=True)))
LONGEST_COMPOUND = 60  # characters of "nollsjuttiotrehundratolv" and the like
# Neither the beginning nor the end of a longer number, as in 1985-01-01-1234 or 08.12.14.56.
_ALONE_BEFORE, _ALONE_AFTER = r"(?<!\d[.:·-])\b", r"\b(?!\s?[-+]\s?\d{4})"
_TIME_OR_DATE = re.compile(
    rf"{_ALONE_BEFORE}(?:[01]?\d|2[0-4])[.:·][0-5]\d\b(?![.·]?\d)(?!-\d{{4}})"
    rf"|{_ALONE_BEFORE}(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]){_ALONE_AFTER}"
    rf"|{_ALONE_BEFORE}(?:0?[1-9]|[12]\d|3[01])[./ ](?:0?[1-9]|1[0-2])[./ ](?:19|20)\d\d{_ALONE_AFTER}(?![ -]?\d)"
)
_TOKEN = re.compile(r"\d+|[^\W\d_]+", re.UNICODE)
_BETWEEN = re.compile(r"[\s\-.,/()+_·*|:;=~\\'’]*")


@dataclass(frozen=True, slots=True)
class NumberRun:
    """Numbers with only joiners and punctuation between them.

    Attributes:
        start: Where the run begins in the text.
        end: Where it ends.
        digits: The number of digits it spells.
        longest_group: Its longest unbroken group of written digits.
        from_zero: Whether it begins with a zero, as telephone numbers do and amounts do not.
        words_before: Whether any word or number of the text precedes it.
        words_after: Whether any word or number of the text follows it.
    """

    start: int
    end: int
    digits: int
    longest_group: int
    from_zero: bool
    words_before: bool = False
    words_after: bool = False


def number_runs(text: str) -> list[NumberRun]:
    """Return the runs of `text` in order; times and dates are not part of any run."""
    text = shape(text)
    skipped = [found.span() for found in _TIME_OR_DATE.finditer(text)]
    skipped.append((len(text), len(text)))
    next_skipped = 0
    runs: list[NumberRun] = []
    current: NumberRun | None = None
    multiplier = 1
    multiplied_from = 0
    reach = 0  # the position at which the run would continue
    last = ""
    first_start, last_end = len(text), 0  # of all words and numbers of the text
    for token in _TOKEN.finditer(text):
        word = token.group().casefold()
        first_start, last_end = min(first_start, token.start()), token.end()
        while skipped[next_skipped][1] <= token.start():
            next_skipped += 1
        inside = skipped[next_skipped][0] <= token.start()
        joined = current is not None and _BETWEEN.fullmatch(text, reach, token.start()) is not None
        if not inside and word in _MULTIPLIERS:
            multiplier, multiplied_from = _MULTIPLIERS[word], token.start()
            if joined:
                reach = token.end()
            continue
        digits = 0 if inside else _digits(word, within=current if joined else None)
        if digits and joined and last in _TENS and word in _UNITS and multiplier == 1:
            digits = 0  # "twenty five" spells two digits
            current = _longer(current, token.end(), 0, 0)
            reach = token.end()
        elif digits:
            group = digits if word.isdigit() else 0
            if joined:
                current = _longer(current, token.end(), digits * multiplier, group)
            else:
                if current is not None:
                    runs.append(current)
                start = token.start() if multiplier == 1 else multiplied_from
                current = NumberRun(
                    start, token.end(), digits * multiplier, group, word in _ZEROS or word.startswith(("0", "noll"))
                )
            reach = token.end()
        elif joined and (word in _JOINERS or (word in _PAUSES and _is_long_from_zero(current))):
            reach = token.end()
        elif current is not None:
            runs.append(current)
            current = None
        multiplier = 1
        last = word
    if current is not None:
        runs.append(current)
    return [replace(run, words_before=first_start < run.start, words_after=run.end < last_end) for run in runs]


def _longer(run: NumberRun | None, end: int, digits: int, group: int) -> NumberRun:
    assert run is not None
    return NumberRun(run.start, end, run.digits + digits, max(run.longest_group, group), run.from_zero)


def _digits(word: str, *, within: NumberRun | None) -> int:
    if word.isdigit():
        return len(word)
    if within is not None and within.from_zero and _HUNDREDS.fullmatch(word):
        return 3  # "noll sjuttio trehundratolv ..."; elsewhere hundreds are amounts
    if word not in _DIGITS_OF and (word.startswith("noll") or (within is not None and within.from_zero)):
        return _compound_digits(word)
    return _DIGITS_OF.get(word, 0)


def _compound_digits(word: str) -> int:
    """Return the digits of several numbers in one word ("nollsjuttio"), or 0 if it is another word."""
    digits = end = 0
    if len(word) <= LONGEST_COMPOUND:
        for found in _COMPOUND.finditer(word):
            if found.start() != end:
                break
            digits, end = digits + _COMPOUND_NAMES[found.group()], found.end()
    return digits if end == len(word) else 0


def _is_long_from_zero(run: NumberRun | None) -> bool:
    return run is not None and run.from_zero and run.digits >= _PAUSES_AFTER_DIGITS
