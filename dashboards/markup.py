"""Fragments of HTML that the pages are made of. Everything that varies is escaped here, a guest's words above all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import pairwise

from dashboards.formatting import clock_time, listed, number
from dashboards.kpi_words import shown_interval, shown_value, target_in_words
from dashboards.reading.cafe_day import Feedback, Funnel
from dashboards.reading.kpi_figures import KpiFigure
from dashboards.reasons import reason
from dashboards.visit import Visit
from pilot.cafes import Cafe
from pilot.kpis import KPIS, Verdict


def page_head(*, crumb: str, title: str, fresh: str) -> str:
    """Return the page's heading and how fresh its data is."""
    return (
        f'<header class="pf-head"><p class="pf-crumb">{escape(crumb)}</p><h1>{escape(title)}</h1>'
        f'<p class="pf-fresh">{escape(fresh)}</p></header>'
    )


def lead(text: str, *, notes: Sequence[str] = ()) -> str:
    """Return the page in one sentence, with quiet notes below."""
    shown = "".join(f'<p class="pf-note">{escape(note)}</p>' for note in notes if note)
    return f'<p class="pf-lead">{escape(text)}</p>{shown}'


def section_head(title: str, *, what: str = "") -> str:
    """Return a section's heading and the line that explains it."""
    below = f'<p class="pf-what">{escape(what)}</p>' if what else ""
    return f'<div class="pf-section"><h2>{escape(title)}</h2>{below}</div>'


def plain(text: str) -> str:
    """Return one paragraph."""
    return f'<p class="pf-plain">{escape(text)}</p>'


def status(text: str) -> str:
    """Return what became of what the reader sent, told to a screen reader too."""
    return f'<p class="pf-status" role="status">{escape(text)}</p>'


def band(title: str, why: str) -> str:
    """Return the band that says these are not real guests."""
    return f'<div class="pf-band" role="note"><strong>{escape(title)}</strong> <span>{escape(why)}</span></div>'


def verdict_badge(visit: Visit, verdict: Verdict) -> str:
    """Return a verdict in words, with a shape and a colour of its own from the style sheet."""
    return f'<span class="pf-verdict pf-{verdict}">{escape(visit.say(f"verdict.{verdict}"))}</span>'


def figure(label: str, value: str, below: Iterable[str]) -> str:
    """Return one figure of the day; the lines below are HTML."""
    lines = "".join(f"<dd>{line}</dd>" for line in below if line)
    return f'<div class="pf-figure"><dt>{escape(label)}</dt><dd class="pf-value">{escape(value)}</dd>{lines}</div>'


def figures(parts: Iterable[str]) -> str:
    """Return the figures side by side."""
    return f'<dl class="pf-figures">{"".join(parts)}</dl>'


def funnel(visit: Visit, steps: Funnel) -> str:
    """Return the drop-off from opening the page to sending, the biggest loss marked."""
    names = ("opened", "started", "consented", "spoke", "completed")
    counts = [getattr(steps, name) for name in names]
    losses = [0, *(max(0, before - after) for before, after in pairwise(counts))]
    most = max(losses)
    rows = []
    for name, count, loss in zip(names, counts, losses, strict=True):
        width = 100 * count / max(counts[0], *counts, 1)
        lost = ""
        if loss:
            key = "day.funnel.most" if loss == most else "day.funnel.lost"
            kind = "pf-lost pf-most" if loss == most else "pf-lost"
            lost = f'<span class="{kind}">{escape(visit.say(key, lost=number(loss, language=visit.language)))}</span>'
        rows.append(
            f'<li><span class="pf-step">{escape(visit.say(f"day.funnel.{name}"))}</span>'
            f'<span class="pf-count">{number(count, language=visit.language)}</span>'
            f'<span class="pf-track" aria-hidden="true"><span style="width:{width:.1f}%"></span></span>{lost}</li>'
        )
    return f'<ol class="pf-funnel">{"".join(rows)}</ol>'


def quote(visit: Visit, feedback: Feedback, *, named: Mapping[str, int] | None = None) -> str:
    """Return one feedback: the guest's own words, and what is known about them.

    Args:
        visit: The visit.
        feedback: The feedback.
        named: How many feedbacks of the day name each aspect, where that is to be shown.
    """
    said = []
    for position, part in enumerate(feedback.said):
        # The opening question is the same for everybody; a follow-up is needed to understand its answer.
        question = f'<p class="pf-question">{escape(part.question)}</p>' if part.question and position else ""
        tags = [visit.say(f"day.said.{name}") for name in ("uncertain", "edited") if getattr(part, name)]
        tag = f'<p class="pf-tag">{escape(", ".join(tags))}</p>' if tags else ""
        language = f' lang="{escape(feedback.language)}"'
        words = f'<span class="pf-said">{escape(part.words)}</span>'
        said.append(f"{question}<blockquote{language}>{words}</blockquote>{tag}")
    if not said:
        empty = visit.say("day.said.nothing" if "silence" in feedback.signals else "day.said.no_words")
        said.append(f'<p class="pf-question">{escape(empty)}</p>')
    meta = [
        clock_time(feedback.sent_at),
        visit.name_of("language", feedback.language),
        visit.name_of("mode", feedback.mode),
    ]
    chips = [f'<span class="pf-chip">{escape(_aspect(visit, name, named))}</span>' for name in feedback.aspects]
    chips += [
        f'<span class="pf-chip pf-urgent">{escape(visit.name_of("flag", name))}</span>' for name in feedback.urgent
    ]
    chips += [
        f'<span class="pf-chip pf-signal">{escape(visit.name_of("signal", name))}</span>' for name in feedback.signals
    ]
    score = visit.say("day.said.score", score=feedback.score)
    # Among those to begin with it stands a second time; a link means the one in the list of all.
    place = f' id="{anchor(feedback)}"' if named is None else ""
    return (
        f'<article class="pf-quote"{place}><div class="pf-words">{"".join(said)}</div>'
        f'<p class="pf-meta"><span class="pf-score">{escape(score)}</span>'
        f"<span>{escape(' · '.join(one for one in meta if one))}</span>"
        f"{''.join(chips)}</p></article>"
    )


def anchor(feedback: Feedback) -> str:
    """Return where on the page a feedback stands, for links to it."""
    return f"svar-{escape(feedback.session_id)}"


def urgent(visit: Visit, some: Sequence[Feedback]) -> str:
    """Return what cannot wait: what it is about and when it was sent, with a link to the words."""
    title = visit.say("day.urgent.title" if len(some) > 1 else "day.urgent.title_one", count=len(some))
    lines = "".join(_urgent(visit, one) for one in some)
    return (
        f'<section class="pf-alarm" aria-label="{escape(title)}"><h2>{escape(title)}</h2>'
        f"<p>{escape(visit.say('day.urgent.what'))}</p><ul>{lines}</ul></section>"
    )


def _urgent(visit: Visit, one: Feedback) -> str:
    kinds = listed([visit.name_of("flag", name) for name in one.urgent], language=visit.language)
    link = visit.say("day.urgent.link", time=clock_time(one.sent_at))
    return (
        f'<li><span class="pf-chip pf-urgent">{escape(kinds)}</span> <a href="#{anchor(one)}">{escape(link)}</a></li>'
    )


def _aspect(visit: Visit, name: str, named: Mapping[str, int] | None) -> str:
    word = visit.name_of("aspect", name)
    count = named.get(name, 0) if named else 0
    return visit.say("day.act.named", aspect=word, count=count) if count > 1 else word


def kpi_grid(visit: Visit, cafes: Sequence[Cafe], shown: dict[tuple[str, str], KpiFigure]) -> str:
    """Return the metrics of each café as a table; on a narrow screen each row becomes a block."""
    heads = "".join(f'<th scope="col" role="columnheader">{escape(cafe.name)}</th>' for cafe in cafes)
    rows = []
    for kpi, defined in KPIS.items():
        known = [shown[kpi, cafe.id] for cafe in cafes if (kpi, cafe.id) in shown]
        low, high = _axis(known, defined.target)
        cells = "".join(
            f'<td role="cell" data-cafe="{escape(cafe.name)}">{_cell(visit, shown.get((kpi, cafe.id)), low, high)}</td>'
            for cafe in cafes
        )
        name, goal = visit.say(f"kpi.{kpi}.name"), visit.say("overview.target")
        rows.append(
            f'<tr role="row"><th scope="row" role="rowheader"><span class="pf-kpi">{escape(name)}'
            f'</span><span class="pf-small">{escape(visit.say(f"kpi.{kpi}.what"))}</span>'
            f'<span class="pf-goal">{escape(goal)}: {escape(target_in_words(visit, kpi))}</span></th>{cells}</tr>'
        )
    return (
        f'<table class="pf-grid" role="table"><caption>{escape(visit.say("overview.grid_caption"))}</caption>'
        f'<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">'
        f"{escape(visit.say('overview.grid_kpi'))}</th>{heads}</tr></thead>"
        f'<tbody role="rowgroup">{"".join(rows)}</tbody></table>'
    )


def _cell(visit: Visit, one: KpiFigure | None, low: float, high: float) -> str:
    if one is None:
        return verdict_badge(visit, "missing")
    spread = shown_interval(visit, one)
    if one.low == one.high:
        spread = ""  # A census: the interval is the value itself.
    why = reason(one)
    note = visit.say(f"reason.{why}") if why else ""
    share = ""
    if one.value is not None and one.unit == "share" and KPIS[one.kpi].interval != "census" and one.denominator:
        share = visit.say(
            "overview.of",
            numerator=number(one.numerator or 0, language=visit.language),
            denominator=number(one.denominator, language=visit.language),
        )
    parts = " · ".join(part for part in (spread, share, note) if part)
    return (
        f'<span class="pf-cellvalue">{escape(shown_value(visit, one))}</span>{verdict_badge(visit, one.verdict)}'
        f'{_whisker(one, low, high)}<span class="pf-small">{escape(parts)}</span>'
    )


def _axis(known: Sequence[KpiFigure], target: float) -> tuple[float, float]:
    ends = [target, *(end for one in known for end in (one.low, one.high, one.value) if end is not None)]
    margin = (max(ends) - min(ends)) * 0.08 or target * 0.05
    return min(ends) - margin, max(ends) + margin


def _whisker(one: KpiFigure, low: float, high: float) -> str:
    """Return the interval drawn on a line with the target as a tick; empty where there is no value."""
    if one.value is None:
        return ""
    start = one.low if one.low is not None else low
    end = one.high if one.high is not None else high

    def place(value: float) -> float:
        return 100 * (min(max(value, low), high) - low) / (high - low)

    left, right = place(start), place(end)
    return (
        f'<span class="pf-whisker pf-{one.verdict}" aria-hidden="true">'
        f'<span class="pf-span" style="left:{left:.1f}%;width:{max(right - left, 0.5):.1f}%"></span>'
        f'<span class="pf-tick" style="left:{place(one.target):.1f}%"></span>'
        f'<span class="pf-dot" style="left:{place(one.value):.1f}%"></span></span>'
    )


def chart_head(title: str, below: str) -> str:
    """Return the heading of one chart among several."""
    return f'<h3 class="pf-chart">{escape(title)}</h3><p class="pf-small">{escape(below)}</p>'


def gap(*, title: str, where: str, text: str) -> str:
    """Return one thing that is missing, where, and what to do about it."""
    return f'<div class="pf-gap"><h3>{escape(title)}</h3><p>{escape(where)}</p><p>{escape(text)}</p></div>'


def trouble(title: str, text: str) -> str:
    """Return an error as a person reads it."""
    return f'<div class="pf-trouble" role="alert"><h1>{escape(title)}</h1><p>{escape(text)}</p></div>'
