"""HTML fragments of the page To do: proposals, cases, what became of a theme, answers."""

from __future__ import annotations

from datetime import datetime, timedelta

from markupsafe import Markup

from dashboards.fragments import Figure, figures, render
from dashboards.visit import Visit
from pilot import case_reasons
from pilot.business_days import business_day
from pilot.case_words import said_of
from pilot.formatting import interval, long_day, measure, number
from pilot.words import section
from pipelines.cases.aftermath import Aftermath, Share
from pipelines.cases.proposals import Proposal
from pipelines.cases.recovery import Recovery
from storage.store.cafes.cases import Case, Replies

HOURS_A_DAY = 24
LONG_WAIT_HOURS = 72  # From here on, a wait is said in days.
SECONDS_AN_HOUR = 3600


def subject_name(visit: Visit, subject: str) -> str:
    """Return a subject's word, capitalised for a heading."""
    return case_reasons.subject_name(subject, language=visit.language)


def proposal(visit: Visit, item: Proposal) -> Markup:
    """Return a proposal that is no case yet."""
    lines = case_reasons.whys_in_words([(why.code, why.details) for why in item.whys], language=visit.language)
    if item.is_urgent:
        lines = [f"{lines[0]} {visit.say('day.urgent.what')}"]
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
