"""Formats numbers, dates and intervals for Swedish and English readers."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Literal

from babel.dates import format_date
from babel.numbers import format_decimal

from pilot.business_days import local_time
from pilot.words import say

Language = Literal["sv", "en"]
Unit = Literal["share", "seconds"]

LOCALES: dict[Language, str] = {"sv": "sv_SE", "en": "en_GB"}
NO_BREAK_SPACE = "\u00a0"


def number(value: float, *, language: Language, decimals: int = 0) -> str:
    """Return a number with grouped thousands and exactly `decimals` decimals: "1 204" or "72,5"."""
    rounded = _rounded(value, decimals=decimals, rounding=ROUND_HALF_UP)
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(format_decimal(rounded, format=pattern, locale=LOCALES[language]))


def measure(value: float, *, unit: Unit, language: Language, decimals: int) -> str:
    """Return a share as a percentage or a time in seconds: "72,5 %", "1,40 s"."""
    if unit == "share":
        return number(value * 100, language=language, decimals=decimals) + _sign(unit, language)
    return number(value, language=language, decimals=decimals) + _sign(unit, language)


def interval(low: float | None, high: float | None, *, unit: Unit, language: Language, decimals: int) -> str:
    """Return an interval in words: "mellan 61 och 78 %"; empty if neither end is known.

    The ends are rounded outwards, so that the shown interval always covers the computed one.
    """
    low = low if low is not None and math.isfinite(low) else None
    high = high if high is not None and math.isfinite(high) else None
    if low is None and high is None:
        return ""
    scale = 100 if unit == "share" else 1
    shown_low, shown_high = (
        None if end is None else _outwards(end * scale, decimals=decimals, up=up, language=language)
        for end, up in ((low, False), (high, True))
    )
    sign = _sign(unit, language)
    if shown_high is None:
        return say("dashboards", "interval.at_least", language, low=f"{shown_low}{sign}")
    if shown_low is None:
        return say("dashboards", "interval.at_most", language, high=f"{shown_high}{sign}")
    if shown_low == shown_high:
        return say("dashboards", "interval.exactly", language, value=f"{shown_low}{sign}")
    return say("dashboards", "interval.between", language, low=shown_low, high=f"{shown_high}{sign}")


def long_day(day: date, *, language: Language) -> str:
    """Return a day in words: "måndag 23 november"."""
    return str(format_date(day, "EEEE d MMMM", locale=LOCALES[language]))


def short_day(day: date, *, language: Language) -> str:
    """Return a day as a chart's label: "23 nov."."""
    return str(format_date(day, "d MMM", locale=LOCALES[language]))


def month_name(day: date, *, language: Language) -> str:
    """Return a day's month in words: "november"."""
    return str(format_date(day, "MMMM", locale=LOCALES[language]))


def day_and_year(day: date, *, language: Language) -> str:
    """Return a day with its year in words: "26 februari 2027"."""
    return str(format_date(day, "d MMMM y", locale=LOCALES[language]))


def period(first: date, last: date, *, language: Language) -> str:
    """Return a period in words: "16–22 november"."""
    if first.month == last.month:
        month = month_name(last, language=language)
        return say("dashboards", "todo.within", language, first=first.day, last=last.day, month=month)
    ends = (f"{each.day} {month_name(each, language=language)}" for each in (first, last))
    return say("dashboards", "todo.across", language, first=next(ends), last=next(ends))


def clock_time(moment: datetime) -> str:
    """Return a moment in Stockholm's time: "14:32"."""
    return f"{local_time(moment):%H:%M}"


def join_names(names: list[str], *, language: Language) -> str:
    """Return names joined for a sentence: "a, b och c"."""
    if len(names) < 2:
        return "".join(names)
    return say("dashboards", "list.last", language, first=", ".join(names[:-1]), last=names[-1])


def _sign(unit: Unit, language: Language) -> str:
    if unit == "seconds":
        return f"{NO_BREAK_SPACE}s"
    return f"{NO_BREAK_SPACE}%" if language == "sv" else "%"


def _outwards(value: float, *, decimals: int, up: bool, language: Language) -> str:
    rounded = _rounded(round(value, 9), decimals=decimals, rounding=ROUND_CEILING if up else ROUND_FLOOR)
    return number(float(rounded), language=language, decimals=decimals)


def _rounded(value: float, *, decimals: int, rounding: str) -> Decimal:
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=rounding)
