"""Writes a café's week as a letter: short sentences and figures, in Swedish or English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from operations.digest.praise import Praise
from operations.digest.week_facts import WeekFacts
from operations.digest.week_numbers import Number, week_numbers
from pilot.cafes import Cafe
from pilot.case_reasons import subject_name, whys_in_words
from pilot.formatting import Language, long_day, number, period
from pilot.words import say
from pipelines.cases.aftermath import Aftermath
from pipelines.cases.feedback_claims import week_before
from pipelines.cases.proposals import Proposal
from storage.store.cafes.cases import Case

COUNTED: tuple[Literal["none", "one", "two", "three"], ...] = ("none", "one", "two", "three")
SMALL = 30  # feedbacks, below which chance is named: as on the pages


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing: its name, and why it is worth doing."""

    title: str
    lines: tuple[str, ...]
    is_urgent: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """A guest's redacted words, their language, and the page with the whole answer."""

    words: str
    language: str
    source: str
    link: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A digest in one language, free of any markup.

    Attributes:
        language: The language.
        subject: The subject of the mail.
        preview: The line that a mail program shows beside the subject.
        cafe: The café's name.
        kicker: The week.
        simulated: A sentence that the guests are simulated; empty for real ones.
        lead: How many answers there are.
        things_title: The title of the things.
        things: At most three.
        last: The cases of the week before, and what became of them.
        praise: The feedback to be proud of; None without one.
        numbers: The week's figures.
        small: A sentence on small numbers; empty if they are not.
        page_link: The page To do.
    """

    language: Language
    subject: str
    preview: str
    cafe: str
    kicker: str
    simulated: str
    lead: str
    things_title: str
    things: tuple[Thing, ...]
    last: tuple[Thing, ...]
    praise: Quote | None
    numbers: tuple[Number, ...]
    small: str
    page_link: str


def write_letter(facts: WeekFacts, *, cafe: Cafe, language: Language, pages_url: str) -> Letter:
    """Return the letter about a café's week.

    Args:
        facts: The café's week.
        cafe: The café.
        language: The language.
        pages_url: The address of the managers' pages.
    """
    pages = _Pages(pages_url.rstrip("/"), cafe.id)
    things = tuple(_thing(each, language, link=pages.to_do()) for each in facts.proposals.items)
    lead = _lead(facts, language)
    if not things and facts.proposals.state == "enough":
        lead = f"{lead} {say('digest', 'things.none', language)}"
    return Letter(
        language=language,
        subject=_subject(facts, cafe, things, language),
        preview=" · ".join(each.title for each in things) or lead,
        cafe=cafe.name,
        kicker=say("digest", "letter.kicker", language, week=facts.week.isocalendar().week),
        simulated=say("digest", "letter.simulated", language) if facts.simulated else "",
        lead=lead,
        things_title=say("digest", f"things.{COUNTED[len(things)]}", language),
        things=things,
        last=tuple(_last(case, became, language) for case, became in facts.taken),
        praise=None if facts.praise is None else _quote(facts.praise, language, pages),
        numbers=week_numbers(facts, language),
        small=say("digest", "numbers.small", language) if 0 < facts.satisfaction.usable < SMALL else "",
        page_link=pages.to_do(),
    )


@dataclass(frozen=True, slots=True)
class _Pages:
    """The addresses of a café's pages; nothing in them names the reader."""

    url: str
    cafe: str

    def to_do(self) -> str:
        return f"{self.url}/att-gora?{urlencode({'kafe': self.cafe})}"

    def answer(self, praise: Praise) -> str:
        query = urlencode({"kafe": self.cafe, "dag": praise.day.isoformat()})
        return f"{self.url}/?{query}#svar-{praise.session_id}"


def _subject(facts: WeekFacts, cafe: Cafe, things: tuple[Thing, ...], language: Language) -> str:
    key = "urgent" if things and things[0].is_urgent else COUNTED[len(things)]
    week = facts.week.isocalendar().week
    subject = say("digest", f"subject.{key}", language, cafe=cafe.name, week=week)
    return say("digest", "subject.simulated", language, subject=subject) if facts.simulated else subject


def _lead(facts: WeekFacts, language: Language) -> str:
    found = facts.proposals
    key = "few_one" if found.feedbacks == 1 else found.state
    when = period(*week_before(found.week), language=language)
    count = number(found.feedbacks, language=language)
    return say("digest", f"lead.{key}", language, count=count, period=when)


def _thing(item: Proposal, language: Language, *, link: str) -> Thing:
    title = subject_name(item.subject, language=language)
    if item.is_urgent:
        # The kinds (an allergy, an injury) may be about a guest's health: a letter only links to them.
        count = len(item.sessions)
        key = "things.urgent_one" if count == 1 else "things.urgent"
        return Thing(title, (say("digest", key, language, count=count),), True, link)
    return Thing(title, tuple(whys_in_words([(why.code, why.details) for why in item.whys], language=language)))


def _last(case: Case, became: Aftermath | None, language: Language) -> Thing:
    title = subject_name(case.subject, language=language)
    status = say("dashboards", f"todo.status.{case.status}", language)
    if became is None:
        return Thing(title, (say("digest", "last.urgent", language, status=status),))
    verdict = say("dashboards", f"todo.last.{became.verdict}", language)
    counts = say(
        "digest",
        "last.counts",
        language,
        before=became.before.complaints,
        before_of=became.before.feedbacks,
        after=became.after.complaints,
        after_of=became.after.feedbacks,
    )
    return Thing(title, (say("digest", "last.line", language, status=status, became=verdict), counts))


def _quote(praise: Praise, language: Language, pages: _Pages) -> Quote:
    source = say("digest", "praise.source", language, day=long_day(praise.day, language=language))
    return Quote(praise.words, praise.language, source, pages.answer(praise))
