"""The page at the door, in both languages: why there is no talk now, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pilot.cafes import Cafe, Language
from pilot.usual_week import WEEKDAYS
from pilot.words import say
from voice_edge.doors.calendar_words import moment_words, window_words
from voice_edge.doors.entrance import Refusal
from voice_edge.http.rendering import BOTH_LANGUAGES, render

DoorKind = Literal["closed", "paused", "trial_full", "maintenance", "too_many", "nothing_here"]
RETRYABLE: frozenset[DoorKind] = frozenset({"maintenance", "too_many"})


@dataclass(frozen=True, slots=True)
class DoorPart:
    """The part of a page in one language."""

    language: Language
    title: str
    texts: tuple[str, ...]
    hours_title: str
    hours: tuple[tuple[str, str], ...]
    again: str


def door_page(
    kind: DoorKind, *, cafe: Cafe | None, now: datetime, refusal: Refusal | None = None, again: str = ""
) -> str:
    """Return the page that explains why there is no talk now.

    Args:
        kind: The reason.
        cafe: The page's café; None if it is not known.
        now: The current time, UTC.
        refusal: When the café opens or maintenance ends, and why; None without such a refusal.
        again: The address to retry, if retrying makes sense.
    """
    parts = [_part(kind, cafe=cafe, now=now, refusal=refusal, language=language) for language in BOTH_LANGUAGES]
    return render("door", language="sv", kind=kind, cafe=cafe, parts=parts, again=again if kind in RETRYABLE else "")


def _part(kind: DoorKind, *, cafe: Cafe | None, now: datetime, refusal: Refusal | None, language: Language) -> DoorPart:
    name = cafe.name if cafe else ""
    texts = []
    hours: tuple[tuple[str, str], ...] = ()
    if kind == "closed" and cafe is not None:
        if refusal is not None and refusal.reason is not None:
            texts.append(say("doors", "closed.reason", language, reason=refusal.reason.in_language(language)))
        if refusal is not None and refusal.opens_at is not None:
            opens = moment_words(refusal.opens_at, now=now, language=language)
            texts.append(say("doors", "closed.text", language, cafe=name, opens=opens))
        else:
            texts.append(say("doors", "closed.text_unknown", language, cafe=name))
        hours = _week(cafe, language)
    elif kind == "paused" and refusal is not None and refusal.shown is not None:
        texts.append(refusal.shown.in_language(language))
    else:
        texts.append(say("doors", f"{kind}.text", language, cafe=name))
    if kind == "maintenance" and refusal is not None and refusal.until is not None and refusal.until > now:
        back = moment_words(refusal.until, now=now, language=language)
        texts.append(say("doors", "maintenance.until", language, back=back))
    return DoorPart(
        language=language,
        title=say("doors", f"{kind}.title", language),
        texts=tuple(texts),
        hours_title=say("doors", "closed.hours", language),
        hours=hours,
        again=say("doors", "again.button", language),
    )


def _week(cafe: Cafe, language: Language) -> tuple[tuple[str, str], ...]:
    hours = cafe.opening_hours
    names = say("doors", "calendar.weekdays", language).split()
    own = [
        (name.capitalize(), window)
        for name, day, window in zip(names, WEEKDAYS, hours.week, strict=False)
        if getattr(hours, day) is not None
    ]
    rows = (
        (say("doors", "closed.weekdays", language), hours.weekdays),
        *own,
        (say("doors", "closed.saturday", language), hours.saturday),
        (say("doors", "closed.sunday", language), hours.sunday),
        (say("doors", "closed.holidays", language), hours.holidays or hours.sunday),
    )
    shut = say("doors", "closed.shut", language)
    return tuple(
        (name, shut if window is None or window == "closed" else window_words(window, language))
        for name, window in rows
    )
