"""A guest's questions to the café, answered from its file or passed on to the staff."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Literal

from pilot.cafes import Cafe, Language, Window
from pilot.opening_hours import holidays_of, hours_on
from pilot.words import say
from voice_edge.interviewer.phrases import SECTION
from voice_edge.interviewer.wording import Wording

Subject = Literal["hours", "wifi", "contents", "refund", "manager", "reward", "other"]
WEEK_DAYS = 7
NOON_HOUR = 12

# The first that matches counts.
_NET = r"(?:wi-?fi\w*|vajfaj\w*|nät\w*|internet)"
_CODE = r"(?:lösen\w*|koden?|code|password|pw|pass)\b"
_WIFI = rf"{_CODE}.*{_NET}|{_NET}.*{_CODE}"
_SUBJECTS: dict[Language, dict[Subject, str]] = {
    "sv": {
        "refund": r"pengarna tillbaka|pengar tillbaka|återbetal\w*|få tillbaka (?:pengarna|mina pengar)",
        "manager": r"(?:prata|tala|snacka) med (?:chefen|ägaren|en chef|någon ansvarig|en ansvarig)",
        "reward": r"\bpoäng\b|\bbelöning\w*|\bkupong\w*",
        "contents": r"\bnöt\w*|gluten|laktos|vegan|sesam|allerg|innehåller|\btåler?\b|gelatin|alkohol|ägg i|gris i",
        "hours": r"\böppet\b|\böppettid\w*|\böppnar\b|\bstänger\b|\bstängt\b|slår (?:ni|du|de) upp|slår upp",
        "wifi": _WIFI,
    },
    "en": {
        "refund": r"money back|\brefund\w*",
        "manager": r"(?:speak|talk) (?:to|with) (?:the|a|your) (?:manager|owner|boss)",
        "reward": r"\bpoints\b|\breward\w*|\bvoucher\w*|\bcoupon\w*",
        "contents": r"\bnuts?\b|gluten|lactose|vegan|sesame|allerg|co?eliac|\begg\b|\bveg\b|alcohol|contain|almond",
        "hours": r"\bopen(?:s|ing)?\b|\bclos(?:e|es|ing)\b|opening hours",
        "wifi": _WIFI,
    },
}
_DAYS: dict[Language, tuple[str, ...]] = {
    "sv": ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag"),
    "en": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
}
_RELATIVE: dict[Language, dict[str, str]] = {
    "sv": {"tomorrow": r"i ?morgon\b|imorrn", "weekend": r"\bhelgen?\b|helger", "weekdays": r"vardag\w*"},
    "en": {"tomorrow": r"\btomorrow\b", "weekend": r"\bweekends?\b", "weekdays": r"\bweekdays?\b"},
}
_EARLY: dict[Language, str] = {"sv": "midsommar", "en": "midsummer"}


def subject_of(text: str, language: Language) -> Subject:
    """Return the subject of a question to the café."""
    said = text.casefold()
    return next((subject for subject, found in _SUBJECTS[language].items() if re.search(found, said)), "other")


def answer_to(subject: Subject, text: str, *, cafe: Cafe, language: Language, today: date, wording: Wording) -> str:
    """Return the answer as far as the café's file holds it, otherwise who knows it."""
    if subject == "hours":
        return hours_answer(text, cafe=cafe, language=language, today=today)
    if subject == "wifi" and cafe.wifi is not None:
        return say(SECTION, "cafe.wifi", language, network=cafe.wifi.network, password=cafe.wifi.password)
    if subject in ("refund", "manager", "reward"):
        return say(SECTION, f"cafe.{subject}", language)
    return wording.draw("cafe.contents" if subject == "contents" else "cafe.staff")


def hours_answer(text: str, *, cafe: Cafe, language: Language, today: date) -> str:
    """Return the opening hours of the day that `text` asks about; of today if it names none."""
    said, relative = text.casefold(), _RELATIVE[language]
    if re.search(relative["weekdays"], said):
        return say(SECTION, "cafe.weekdays", language, **_times(cafe.opening_hours.weekdays, language))
    if re.search(relative["weekend"], said):
        both = (cafe.opening_hours.saturday, cafe.opening_hours.sunday)
        first, second = (_times(window, language) for window in both)
        return say(
            SECTION, "cafe.weekend", language, sat_open=first["opens"], sat_close=first["closes"], **_prefixed(second)
        )
    day, label = _asked_day(said, language=language, today=today)
    window = hours_on(cafe, day).window
    if window is None:
        return say(SECTION, "cafe.closed_day", language, day=label)
    return say(SECTION, "cafe.hours", language, day=label, **_times(window, language))


def _asked_day(said: str, *, language: Language, today: date) -> tuple[date, str]:
    if re.search(_RELATIVE[language]["tomorrow"], said):
        return today + timedelta(days=1), say(SECTION, "cafe.tomorrow", language)
    for number, name in enumerate(_DAYS[language]):
        if name in said:
            day = today + timedelta(days=(number - today.weekday()) % WEEK_DAYS)
            return day, say(SECTION, "cafe.on_day", language, day=name if language == "sv" else name.capitalize())
    for day, name in _holidays(today, language):
        if name.casefold() in said or (_EARLY[language] in said and name.casefold().startswith(_EARLY[language])):
            return day, name
    return today, say(SECTION, "cafe.today", language)


def _holidays(today: date, language: Language) -> list[tuple[date, str]]:
    found = {**holidays_of(today.year), **holidays_of(today.year + 1)}
    return [(day, name.in_language(language)) for day, name in sorted(found.items()) if day >= today]


def _times(window: Window, language: Language) -> dict[str, str]:
    opens, closes = window
    if language == "sv":
        return {name: f"{at.hour}.{at:%M}".removesuffix(".00") for name, at in (("opens", opens), ("closes", closes))}
    return {"opens": _on_twelve_hours(opens), "closes": _on_twelve_hours(closes)}


def _on_twelve_hours(at: time) -> str:
    minutes = f":{at:%M}" if at.minute else ""
    return f"{(at.hour - 1) % NOON_HOUR + 1}{minutes} {'am' if at.hour < NOON_HOUR else 'pm'}"


def _prefixed(times: dict[str, str]) -> dict[str, str]:
    return {"sun_open": times["opens"], "sun_close": times["closes"]}
