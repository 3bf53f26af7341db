"""Parses days, moments and numbers as tills and Excel write them in Sweden, Denmark and England."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from pilot.business_days import business_day
from pipelines.till.errors import UnusableCell

EXPECTED_DAY = "a day such as 2026-11-23, 23.11.2026 or 23 november 2026"
EXPECTED_COUNT = "a whole number such as 742 or 1 204"
EXPECTED_AMOUNT = "an amount such as 45,00 or 1 234,50 kr"

EXCEL_EPOCH = date(1899, 12, 30)
EXCEL_DAYS = range(40_000, 60_000)  # Excel's day numbers of 2009 to 2064, in a file saved without formats

HALF_DAY_HOURS = 12

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
_CURRENCY = re.compile(r"(?:kr\.?|sek|dkk|nok|eur|usd|gbp|:-|[€$£])", re.IGNORECASE)
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_IN_WORDS = re.compile(r"(?:[a-zåäö]+\.?,? )?(\d{1,2})\.?[ -]([a-zåäö]{3,9})\.?,?[ -](\d{4})")
_MONTH_FIRST = re.compile(r"(?:[a-z]+\.?,? )?([a-z]{3,9})\.? (\d{1,2}),? (\d{4})")
# 08:00-09:00 is an hour.
_OFFSET = re.compile(r"(\d) ?(z|utc|gmt|\+\d{2}:?\d{2}|(?<=:\d\d:\d\d)-\d{2}:?\d{2})$")
_TIME = re.compile(
    r"[ t,]+(?:at |kl\.? )?(\d{1,2})[:.](\d{2})(?:[:.]\d{2})?(?:[.,]\d+)?(?: ?([ap])\.?m\.?)?"
    r"(?: ?[-–] ?\d{1,2}[:.]\d{2})?$"
)
_CLOCK = re.compile(r"(?:^|[ t,])(?:kl\.? ?)?(\d{1,2})(?:[:.](\d{2}))?(?:[:.]\d{2})?(?: ?([ap])\.?m\.?)?(?:$| ?[-–].*)")
_SERIAL = re.compile(r"(\d{5})(?:[.,]\d+)?")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januari january",
            "feb februari february",
            "mar mars march",
            "apr april",
            "maj may",
            "jun juni june",
            "jul juli july",
            "aug augusti august",
            "sep sept september",
            "okt oct oktober october",
            "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}


@lru_cache(maxsize=65_536)
def spaced(text: str) -> str:
    """Return a text with every run of spaces, non-breaking ones included, as one plain space."""
    return " ".join(text.split())


def same_name(text: str) -> str:
    """Return a number or name in the form by which two are equal: "0001" is "1", "Kassa 1" is "kassa 1"."""
    return (text.lstrip("0") or "0") if text.isdecimal() else text.casefold()


def kind_of(text: str) -> str:
    """Return the kind of a text's value, for errors, which never repeat the value."""
    bare = spaced(text)
    if not bare:
        return "nothing"
    if re.fullmatch(r"[-−(]?[0-9 .,]+\)?", bare):
        if bare[0] in "-−(":
            return "a negative number"
        return "a number with decimals" if re.search(r"[.,]\d{1,2}$", bare) else "a number"
    if re.fullmatch(r"[0-9./: T+Z-]+", bare):
        return "something like a date"
    return f"text of {len(bare)} characters"


@lru_cache(maxsize=65_536)
def business_day_of(text: str) -> date:
    """Return the business day of a day or moment; a moment with an offset is converted to Stockholm time.

    A numeric day is year-month-day, or day-month-year as in all of Scandinavia.

    Raises:
        UnusableCell: it is neither.
    """
    bare = spaced(text).casefold()
    if re.search(r"\d[t ]\d{1,2}:\d{2}", bare) and (offset := _OFFSET.search(bare)):
        moment = bare[: offset.start() + 1].replace(" ", "T", 1).upper()
        zone = "Z" if offset[2].isalpha() else offset[2]
        try:
            return business_day(datetime.fromisoformat(moment + zone))
        except ValueError:
            raise UnusableCell(kind_of(text), EXPECTED_DAY) from None
    bare = _TIME.sub("", bare)
    try:
        if (found := _ISO.fullmatch(bare)) or (found := _PACKED.fullmatch(bare)):
            year, month, day = (int(part) for part in found.groups())
        elif found := _DAY_FIRST.fullmatch(bare):
            day, month, year = (int(part) for part in found.groups())
        elif (found := _IN_WORDS.fullmatch(bare)) and found[2] in _MONTHS:
            day, month, year = int(found[1]), _MONTHS[found[2]], int(found[3])
        elif (found := _MONTH_FIRST.fullmatch(bare)) and found[1] in _MONTHS:
            day, month, year = int(found[2]), _MONTHS[found[1]], int(found[3])
        elif (found := _SERIAL.fullmatch(bare)) and int(found[1]) in EXCEL_DAYS:
            return EXCEL_EPOCH + timedelta(days=int(found[1]))
        else:
            raise UnusableCell(kind_of(text), EXPECTED_DAY)
        return date(year, month, day)
    except ValueError as error:
        if isinstance(error, UnusableCell):
            raise
        raise UnusableCell("a day that no calendar has", EXPECTED_DAY) from None


@lru_cache(maxsize=65_536)
def minute_of(text: str) -> int | None:
    """Return the minute of the day of a time, or of a moment's time; None if it has none."""
    bare = spaced(text).casefold()
    found = _TIME.search(_OFFSET.sub(r"\1", bare)) or _CLOCK.fullmatch(bare)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3] and hour <= HALF_DAY_HOURS:
        hour = hour % HALF_DAY_HOURS + (HALF_DAY_HOURS if found[3] == "p" else 0)
    return 60 * hour + minute


def whole_number(text: str) -> int:
    """Return a count: `1 204`, `1.204,00` and `1,204.00` are 1204; the ambiguous `1.204` is refused.

    Raises:
        UnusableCell: it is none.
    """
    amount = _decimal(text, expected=EXPECTED_COUNT)
    bare = spaced(text)
    if re.fullmatch(r"\d{1,3}[.,]\d{3}", bare):
        raise UnusableCell("a number whose point or comma could mean thousands or decimals", EXPECTED_COUNT)
    if amount != amount.to_integral_value() or amount < 0:
        raise UnusableCell("a negative number" if amount < 0 else "a number with decimals", EXPECTED_COUNT)
    return int(amount)


@lru_cache(maxsize=65_536)
def amount(text: str) -> Decimal:
    """Return an amount of money, in the file's currency.

    Raises:
        UnusableCell: it is none.
    """
    return _decimal(_CURRENCY.sub("", text), expected=EXPECTED_AMOUNT)


def plain_amount(text: str) -> str:
    """Return an amount in one form, however it is written; empty if the text is none."""
    return str(amount(text).normalize()) if is_amount(text) else ""


def is_amount(text: str) -> bool:
    """Return whether a text is an amount of money."""
    try:
        amount(text)
    except UnusableCell:
        return False
    return True


def is_numbered(text: str) -> bool:
    """Return whether a text has a digit."""
    return any(sign.isdigit() for sign in text)


def _decimal(text: str, *, expected: str) -> Decimal:
    bare = _SPACES.sub("", text).replace("−", "-").replace("'", "")
    if bare.startswith("(") and bare.endswith(")"):
        bare = f"-{bare[1:-1]}"
    if bare.endswith("-"):
        bare = f"-{bare[:-1]}"
    point = max(bare.rfind(","), bare.rfind("."))
    if point >= 0:  # The last of the two is the decimal sign; the other one groups thousands.
        bare = bare[:point].replace(",", "").replace(".", "") + "." + bare[point + 1 :]
    if not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", bare):
        raise UnusableCell(kind_of(text), expected)
    try:
        return Decimal(bare)
    except InvalidOperation:
        raise UnusableCell(kind_of(text), expected) from None
