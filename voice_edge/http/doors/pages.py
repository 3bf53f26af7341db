"""The pages at the door, in both languages: why there is no talk now and what to do; the question before erasing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pilot.cafes import Cafe, Language
from pilot.words import say, section
from voice_edge.doors.calendar_words import day_words, moment_words, window_words
from voice_edge.doors.entrance import Refusal
from voice_edge.receipts.reward_reasons import Reasons

DoorKind = Literal["closed", "paused", "trial_full", "maintenance", "too_many", "nothing_here"]
BOTH: tuple[Language, Language] = ("sv", "en")
TRY_AGAIN: frozenset[DoorKind] = frozenset({"maintenance", "too_many"})

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One language's part of a page."""

    language: Language
    title: str
    texts: tuple[str, ...]
    hours_title: str
    hours: tuple[tuple[str, str], ...]
    again: str


def door_page(
    kind: DoorKind, *, cafe: Cafe | None, now: datetime, refusal: Refusal | None = None, again: str = ""
) -> str:
    """Return the page that says, in both languages, why there is no talk now.

    Args:
        kind: What is the matter.
        cafe: Whose page it is; None where that is not known.
        now: The moment.
        refusal: Says when the café opens and why it is closed, where it is.
        again: The address to try again, where that makes sense.
    """
    parts = [_part(kind, cafe=cafe, now=now, refusal=refusal, language=language) for language in BOTH]
    return _environment.get_template("door.html").render(
        kind=kind, cafe=cafe, parts=parts, again=again if kind in TRY_AGAIN else ""
    )


def erase_page(
    *, cafe: Cafe, day: date, language: Language, token: str, state: Literal["ask", "later", "foreign"]
) -> str:
    """Return the page that asks before erasing, or says that it could not be done.

    Args:
        cafe: The café.
        day: The day of the visit.
        language: The page's.
        token: The receipt's secret.
        state: What it says: the question, that it must be tried later, or that another page asked.
    """
    words = {
        key: text.replace("{cafe}", cafe.name).replace("{day}", day_words(day, language))
        for key, text in section("doors", language).items()
    }
    return _environment.get_template("erase.html").render(
        cafe=cafe, language=language, t=words, state=state, path=f"/r/{token}"
    )


def _part(kind: DoorKind, *, cafe: Cafe | None, now: datetime, refusal: Refusal | None, language: Language) -> Part:
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
    else:
        texts.append(say("doors", f"{kind}.text", language, cafe=name))
    return Part(
        language=language,
        title=say("doors", f"{kind}.title", language),
        texts=tuple(texts),
        hours_title=say("doors", "closed.hours", language),
        hours=hours,
        again=say("doors", "again.button", language),
    )


def _week(cafe: Cafe, language: Language) -> tuple[tuple[str, str], ...]:
    hours = cafe.opening_hours
    holidays = hours.holidays or hours.sunday
    rows = (
        ("weekdays", hours.weekdays),
        ("saturday", hours.saturday),
        ("sunday", hours.sunday),
        ("holidays", holidays),
    )
    shut = say("doors", "closed.shut", language)
    return tuple(
        (say("doors", f"closed.{name}", language), shut if window == "closed" else window_words(window, language))
        for name, window in rows
    )


def why_page(*, cafe: Cafe, language: Language, token: str, spoken: str, reasons: Reasons) -> str:
    """Return the page that says why an answer got its result.

    Args:
        cafe: The café.
        language: The page's.
        token: The receipt's secret.
        spoken: The language of the answer.
        reasons: The sentences, and the guest's own words that counted.
    """
    return _environment.get_template("why.html").render(
        cafe=cafe,
        language=language,
        path=f"/r/{token}",
        spoken=spoken,
        sentences=reasons.sentences,
        quotes=reasons.quotes,
        t=section("bank", language),
    )
