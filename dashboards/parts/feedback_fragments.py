"""HTML fragments of a café's day: the funnel, the guests' words and the urgent feedback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from dashboards.fragments import render, section_head
from dashboards.parts.number_links import Behind
from dashboards.reading.cafe_day import Feedback, Funnel, QuotedTurn
from dashboards.visit import Visit
from pilot.formatting import clock_time, join_names, number
from pilot.time_limits import retention_days

STEPS = ("opened", "started", "consented", "spoke", "completed")


OPENS = {name: name for name in STEPS} | {"opened": ""}


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    count: str
    width: float  # per cent of the widest bar
    loss: str
    is_biggest_loss: bool


@dataclass(frozen=True, slots=True)
class _Turn:
    question: str
    words: str
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Chip:
    text: str
    style: str = ""


def funnel(visit: Visit, steps: Funnel, *, behind: Behind) -> Markup:
    """Return the drop-off from opening to sending, the biggest loss marked; counts open their sessions."""
    counts = [getattr(steps, name) for name in STEPS]
    losses = [0, *(max(0, before - after) for before, after in pairwise(counts))]
    widest, biggest = max(*counts, 1), max(losses)
    shown = []
    for name, count, loss in zip(STEPS, counts, losses, strict=True):
        is_biggest = loss > 0 and loss == biggest
        text = visit.say(
            "day.funnel.most" if is_biggest else "day.funnel.lost", lost=number(loss, language=visit.language)
        )
        shown.append(
            _Step(
                name=visit.say(f"day.funnel.{name}"),
                count=behind.opens(visit, count, visit.say(f"day.funnel.{name}"), step=OPENS[name]),
                width=100 * count / widest,
                loss=text if loss else "",
                is_biggest_loss=is_biggest,
            )
        )
    return render("funnel", steps=shown)


def quotes(visit: Visit, feedbacks: Sequence[Feedback], *, day: str = "", anchored: bool = True) -> Markup:
    """Return a list of feedbacks of a day, named where it is given, each with an anchor for links to it."""
    return render(
        "quotes",
        quotes=[_quote(visit, one, anchor=_anchor(one) if anchored else "", day=day) for one in feedbacks],
    )


def act_first(visit: Visit, feedbacks: Sequence[Feedback], *, aspect_counts: Mapping[str, int]) -> Markup:
    """Return the feedbacks to act on first.

    Args:
        visit: The visit.
        feedbacks: The feedbacks; the section says so if there is none.
        aspect_counts: Number of the day's feedbacks about each aspect.
    """
    summary = visit.say("day.act.what" if feedbacks else "day.act.none")
    # Without anchors: a link leads to the same feedback in the list of all.
    return render(
        "act_first",
        style="pf-blame",
        head=section_head(visit.say("day.act.title"), summary=summary),
        quotes=[_quote(visit, one, aspect_counts=aspect_counts) for one in feedbacks],
    )


def praised(visit: Visit, feedbacks: Sequence[Feedback]) -> Markup:
    """Return the feedbacks that praise; the section says so if there is none."""
    summary = visit.say("day.praise.what" if feedbacks else "day.praise.none")
    return render(
        "act_first",
        style="pf-praise",
        head=section_head(visit.say("day.praise.title"), summary=summary),
        quotes=[_quote(visit, one) for one in feedbacks],
    )


def urgent(visit: Visit, feedbacks: Sequence[Feedback]) -> Markup:
    """Return the urgent feedbacks: subject and time of each, with a link to its words."""
    items = [
        {
            "kinds": join_names([visit.name_of("flag", name) for name in one.urgent], language=visit.language),
            "anchor": _anchor(one),
            "link": visit.say("day.urgent.link", time=clock_time(one.sent_at)),
        }
        for one in feedbacks
    ]
    title = visit.say("day.urgent.title" if len(feedbacks) > 1 else "day.urgent.title_one", count=len(feedbacks))
    return render("urgent", title=title, summary=visit.say("day.urgent.what"), items=items)


def _quote(
    visit: Visit,
    feedback: Feedback,
    *,
    anchor: str = "",
    day: str = "",
    aspect_counts: Mapping[str, int] | None = None,
) -> Markup:
    details = (
        day,
        clock_time(feedback.sent_at),
        visit.name_of("language", feedback.language),
        visit.name_of("mode", feedback.mode),
    )
    chips = [_Chip(_aspect(visit, name, aspect_counts or {})) for name in feedback.aspects]
    chips += [_Chip(visit.name_of("flag", name), style="pf-urgent") for name in feedback.urgent]
    chips += [_Chip(visit.name_of("signal", name), style="pf-signal") for name in feedback.signals]
    return render(
        "quote",
        anchor=anchor,
        language=feedback.language,
        turns=[_turn(visit, turn, is_first=place == 0) for place, turn in enumerate(feedback.turns)],
        no_words=_no_words(visit, feedback),
        folded=visit.say(f"cover.unfold.{feedback.covered}") if feedback.covered else "",
        score=visit.say("day.said.score", score=feedback.score),
        details=[one for one in details if one],
        chips=chips,
    )


def words_in_a_line(visit: Visit, feedback: Feedback) -> str:
    """Return a guest's words for a file; instead of folded ones, why they are folded away."""
    if feedback.covered:
        return visit.say(f"cover.closed.{feedback.covered}")
    return " / ".join(turn.words for turn in feedback.turns)


def _no_words(visit: Visit, feedback: Feedback) -> str:
    if feedback.covered and not visit.principal.may("harmful"):
        return visit.say(f"cover.closed.{feedback.covered}")
    if "silence" in feedback.signals:
        return visit.say("day.said.nothing")
    return visit.say("day.said.no_words", days=retention_days(visit.home.settings, "words"))


def _turn(visit: Visit, turn: QuotedTurn, *, is_first: bool) -> _Turn:
    marks = tuple(visit.say(f"day.said.{name}") for name in ("uncertain", "edited") if getattr(turn, name))
    # The opening question is the same for everybody; a follow-up is needed to understand its answer.
    return _Turn(question="" if is_first else turn.question, words=turn.words, marks=marks)


def _aspect(visit: Visit, name: str, counts: Mapping[str, int]) -> str:
    word, count = visit.name_of("aspect", name), counts.get(name, 0)
    return visit.say("day.act.named", aspect=word, count=count) if count > 1 else word


def _anchor(feedback: Feedback) -> str:
    """Return the id of a feedback on the page; alerts link to it, too."""
    return f"svar-{feedback.session_id}"
