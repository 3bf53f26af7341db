"""HTML fragments of the page To do: proposals, cases, what became of a theme, answers."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from markupsafe import Markup

from dashboards.formatting import interval, join_names, long_day, measure, month_name, number
from dashboards.fragments import Figure, figures, render
from dashboards.visit import Visit
from pilot.business_days import business_day
from pilot.case_words import said_of
from pilot.words import section
from pipelines.cases.aftermath import Aftermath, Share
from pipelines.cases.proposals import URGENT_PREFIX, Proposal, Why
from pipelines.cases.recovery import Recovery
from storage.store.cafes.cases import Case, Replies

HOURS_A_DAY = 24
LONG_WAIT_HOURS = 72  # From here on, a wait is said in days.
SECONDS_AN_HOUR = 3600


def subject_name(visit: Visit, subject: str) -> str:
    """Return a subject's word, capitalised for a heading."""
    word = visit.name_of("aspect", subject)
    return word[:1].upper() + word[1:]


def proposal(visit: Visit, item: Proposal) -> Markup:
    """Return a proposal that is no case yet."""
    lines = [_urgent(visit, item)] if item.is_urgent else [_why(visit, why) for why in item.whys]
    return render("case", title=subject_name(visit, item.subject), status="", state="", lines=lines, details=[])


def case(visit: Visit, one: Case, *, replies: Replies | None = None, extra: tuple[str, ...] = ()) -> Markup:
    """Return a case: what it is about, its owner, its times, what was done and the guests' verdicts.

    Args:
        visit: The visit.
        one: The case.
        replies: The guests' side; None if no session is linked.
        extra: Further lines, before the rest.
    """
    say = visit.say
    lines = [*extra]
    if one.note:
        lines.append(say("todo.case.note", note=one.note))
    if one.is_answered:
        lines.append(say("todo.case.answered", answer=one.answer))
        if replies is not None:
            lines.append(
                say("todo.case.replies", better=replies.better, not_yet=replies.not_yet, linked=replies.linked)
            )
    details = [
        say("todo.case.owner", owner=one.owner) if one.owner else say("todo.case.no_owner"),
        say("todo.case.opened", day=long_day(business_day(one.opened_at), language=visit.language)),
        _first_action(visit, one.opened_at, one.first_action_at),
    ]
    return render(
        "case",
        title=subject_name(visit, one.subject),
        status=say(f"todo.status.{one.status}"),
        state=one.status,
        lines=lines,
        details=details,
    )


def became(visit: Visit, found: Aftermath) -> str:
    """Return what became of a theme, in words."""
    text = visit.say("todo.last.change", before=_share(visit, found.before), after=_share(visit, found.after))
    return f"{visit.say(f'todo.last.{found.verdict}')} {text}"


def guest_answer(visit: Visit, one: Case, *, said: str, answer: str) -> Markup:
    """Return the answer as the receipt shows it."""
    return render(
        "guest_answer",
        title=visit.say("todo.do.preview_title"),
        words=section("receipt", visit.language),
        said=said or said_of(one.subject, visit.language),
        answer=answer,
    )


def recovery_figures(visit: Visit, found: Recovery) -> Markup:
    """Return the four figures of recovery, each with what it is counted among."""
    say, language = visit.say, visit.language
    none = say("overview.no_value")
    better, first = found.better, found.first_action_hours
    share = none if better.value is None else measure(better.value, unit="share", language=language, decimals=0)
    between = interval(better.low, better.high, unit="share", language=language, decimals=0)
    waits = say("todo.recovery.waiting", count=found.waiting) if found.waiting else ""
    of_replies = say("todo.recovery.better_of", replies=found.replies) if found.replies else ""
    return figures(
        (
            Figure(
                say("todo.recovery.done"),
                number(found.done, language=language),
                (say("todo.recovery.done_what", cases=found.cases),),
            ),
            Figure(
                say("todo.recovery.answered"),
                number(found.answered, language=language),
                (say("todo.recovery.answered_what", done=found.done),),
            ),
            Figure(
                say("todo.recovery.better"),
                share,
                (between, of_replies) if found.replies else (say("todo.recovery.better_none"),),
            ),
            Figure(
                say("todo.recovery.first"),
                none if first.value is None else _wait(visit, first.value),
                (
                    say("todo.recovery.first_none" if first.value is None else "todo.recovery.first_what"),
                    _waits_between(visit, first.low, first.high),
                    waits,
                ),
            ),
        )
    )


def period(visit: Visit, first: date, last: date) -> str:
    """Return a period in words: "16–22 november"."""
    if first.month == last.month:
        return visit.say("todo.within", first=first.day, last=last.day, month=month_name(last, language=visit.language))
    ends = (f"{each.day} {month_name(each, language=visit.language)}" for each in (first, last))
    return visit.say("todo.across", first=next(ends), last=next(ends))


def _urgent(visit: Visit, item: Proposal) -> str:
    kinds = []
    for why in item.whys:
        count = int(why.details["sessions"])
        key = "todo.why.answer_one" if count == 1 else "todo.why.answers"
        kinds.append(visit.say(f"todo.why.{why.code}", sessions=visit.say(key, count=count)))
    text = join_names(kinds, language=visit.language)
    return f"{text}. {visit.say('day.urgent.what')}"


def _why(visit: Visit, why: Why) -> str:
    details, language = why.details, visit.language
    if why.code.startswith(URGENT_PREFIX) or why.code == "no_history":
        return visit.say(f"todo.why.{why.code}")
    if why.code == "complaints":
        return visit.say(
            "todo.why.complaints",
            complaints=number(details["complaints"], language=language),
            feedbacks=number(details["feedbacks"], language=language),
            share=measure(details["share"], unit="share", language=language, decimals=0),
            interval=interval(details["low"], details["high"], unit="share", language=language, decimals=0),
        )
    before = measure(details["share_before"], unit="share", language=language, decimals=0)
    return visit.say(f"todo.why.{why.code}", before=before)


def _share(visit: Visit, share: Share) -> str:
    if share.value is None:
        return visit.say("todo.last.no_share")
    return visit.say(
        "todo.last.share",
        share=measure(share.value, unit="share", language=visit.language, decimals=0),
        interval=interval(share.low, share.high, unit="share", language=visit.language, decimals=0),
        complaints=share.complaints,
        feedbacks=share.feedbacks,
    )


def _first_action(visit: Visit, opened: datetime, acted: datetime | None) -> str:
    if acted is None:
        return visit.say("todo.case.not_acted")
    waited: timedelta = acted - opened
    return visit.say("todo.case.acted", hours=_wait(visit, waited.total_seconds() / SECONDS_AN_HOUR))


def _wait(visit: Visit, hours: float) -> str:
    if hours < 1:
        return visit.say("todo.case.hour")
    if hours < LONG_WAIT_HOURS:
        return visit.say("todo.case.hours", hours=number(hours, language=visit.language))
    return visit.say("todo.case.days", days=number(hours / HOURS_A_DAY, language=visit.language))


def _waits_between(visit: Visit, low: float | None, high: float | None) -> str:
    ends = ["" if end is None else _wait(visit, end) for end in (low, high)]
    if not ends[0] or ends[0] == ends[1]:
        return ""
    if not ends[1]:
        return visit.say("interval.at_least", low=ends[0])
    return visit.say("interval.between", low=ends[0], high=ends[1])
