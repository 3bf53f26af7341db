"""The report's part on guests: what they think, the cafés' changes, incidents, managers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from pilot.formatting import Language, join_names
from pilot.survey import OPTIONS
from pilot.words import say
from reports.charts import specifications
from reports.document.blocks import (
    Block,
    Chart,
    Heading,
    Points,
    Quote,
    Row,
    Table,
    Text,
    Words,
    all_left,
    left_then_right,
)
from reports.document.days_part import outages_named, style_of
from reports.model import Model

KINDS = ("positive", "mixed", "negative", "neutral")
MOST_THEMES = 12
NARROW = 0.05  # an interval of a difference is shown with a decimal
LEAST_JUDGED = 5


def happy_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield satisfaction, themes and approved quotes."""
    yield Heading(words("happy.title"))
    totals = {kind: sum(row[kind] for row in model["satisfaction"]) for kind in (*KINDS, "usable")}
    if not totals["usable"]:
        yield Text(words("happy.none"))
        return
    shown = {name: words.number(count) for name, count in totals.items()}
    share = {kind: f"{shown[kind]} ({words.share(totals[kind] / totals['usable'])})" for kind in KINDS}
    yield Text(words("happy.what", usable=shown["usable"], positive=share["positive"], negative=share["negative"]))
    days = [date.fromisoformat(row["day"]) for row in model["days"]]
    by_day = {date.fromisoformat(row["day"]): {kind: row[kind] for kind in KINDS} for row in model["satisfaction"]}
    chart = specifications.satisfaction(style_of(words), by_day, days=days)
    yield Chart(
        "satisfaction", chart, words("happy.alt", **{kind: shown[kind] for kind in KINDS}), words("happy.chart")
    )
    head = tuple(words(f"happy.head.{name}") for name in ("theme", "mentions", "positive", "mixed", "negative"))
    rows = tuple(
        (
            words.theme(row["theme"]),
            *(words.number(row[name]) for name in ("mentions", "positive", "mixed", "negative")),
        )
        for row in model["themes"][:MOST_THEMES]
    )
    yield Heading(words("happy.themes"), level=2)  # a page may end above it: the table is never without a heading
    yield Table(words("happy.themes"), head, rows, left_then_right(len(head)))
    yield Heading(words("happy.quotes"), level=2)
    if not model["quotes"]:
        yield Text(words("happy.no_quotes"))
        return
    yield Text(words("happy.quotes_what"))
    for quote in model["quotes"]:
        by = words(
            "happy.by",
            theme=words.theme(quote["theme"]),
            cafe=words.cafes.get(quote["cafe"], quote["cafe"]),
            day=words.day(quote["day"]),
        )
        yield Quote(quote["text"], by)


def cases_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield what cafés changed and what happened after."""
    yield Heading(words("cases.title"))
    cases = model["cases"]
    if not cases["cases"]:
        yield Text(words("cases.none"))
        return
    yield Text(words("cases.what", **{name: words.number(cases[name]) for name in _CASE_COUNTS}))
    value, low, high = cases["first_action_hours"]
    if value is None:
        yield Text(words("cases.first_unknown"))
    else:
        yield Text(words("cases.first", value=words.number(value, decimals=1), range=_hours(low, high, words)))
    value, low, high = cases["better"]
    if value is None:
        yield Text(words("cases.no_replies"))
    else:
        between = words.page("interval.between", low=words.share(low).rstrip("\u00a0%"), high=words.share(high))
        yield Text(words("cases.better", replies=cases["replies"], share=words.share(value), range=between))
    if cases["changes"]:
        yield _changes(cases["changes"], words)
    if cases.get("themes"):
        counted = sum(each["cases"] for each in cases["themes"])
        yield Text(words("cases.themes_what", changed=words.number(cases["changed"]), cases=words.number(counted)))
        yield _changes_by_theme(cases["themes"], words)
    yield Text(words("cases.cause"), weight="note")


def _changes(changes: Sequence[Row], words: Words) -> Table:
    rows = tuple(
        (
            words.cafe(each["cafe"]),
            words.theme(each["theme"]),
            each["note"] or words("none"),
            words("cases.of", count=each["before"][0], all=each["before"][1]),
            words("cases.of", count=each["after"][0], all=each["after"][1])
            if each["complete"]
            else words("cases.not_over"),
            _points(each.get("difference") if each["complete"] else None, words),
        )
        for each in changes
    )
    head = tuple(words(f"cases.head.{name}") for name in ("cafe", "theme", "note", "before", "after", "difference"))
    return Table(words("cases.title"), head, rows, all_left(len(head)))


def _changes_by_theme(themes: Sequence[Row], words: Words) -> Table:
    rows = tuple(
        (
            words.theme(each["theme"]),
            words.number(each["cases"]),
            *(
                words("cases.of", count=words.number(each[end][0]), all=words.number(each[end][1]))
                for end in ("before", "after")
            ),
            _points(each["difference"], words),
        )
        for each in themes
    )
    head = tuple(words(f"cases.head.{name}") for name in ("theme", "actions", "before", "after", "difference"))
    return Table(words("cases.title"), head, rows, left_then_right(len(head)))


def _points(ends: Sequence[float] | None, words: Words) -> str:
    """Return the interval of a difference of shares, in percentage points."""
    if ends is None:
        return words("none")
    decimals = 1 if ends[1] - ends[0] < NARROW else 0
    low, high = (words.number(end * 100, decimals=decimals).replace("-", "−") for end in ends)
    return f"{low}…{high}{words('points')}"


_CASE_COUNTS = ("cases", "done", "answered", "waiting")


def _hours(low: float | None, high: float | None, words: Words) -> str:
    ends = {name: words.number(end, decimals=1) for name, end in (("low", low), ("high", high)) if end is not None}
    key = {2: "between", 1: "at_least" if low is not None else "at_most"}[len(ends)]
    return words.page(f"interval.{key}", **ends)


def incidents_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield the alerts' precision, the incidents, and their lessons."""
    yield from _alerts(model, words)
    yield Heading(words("incidents.title"))
    found = model["incidents"]
    if not found:
        yield Text(words("incidents.none"))
    if model["outages"] and not any(each["kind"] == "down" for each in found):
        yield Text(words("incidents.outages", outages=outages_named(model, words)))
    if not found:
        return
    rows = tuple(
        (
            f"{words.moment_day(each['detected_at'])} {words.clock(each['detected_at'])}",
            words.page(f"incidents.kinds.{each['kind']}"),
            each["title"],
            _lasted(each, words),
            each["cause"] or words("incidents.no_cause"),
        )
        for each in found
    )
    head = tuple(words(f"incidents.head.{name}") for name in ("when", "kind", "title", "length", "cause"))
    yield Table(words("incidents.title"), head, rows, all_left(5))
    actions = tuple(_action(one, words) for each in found for one in each["actions"])
    if actions:
        yield Heading(words("incidents.lessons"), level=2)
        yield Points(actions)


def _alerts(model: Model, words: Words) -> Iterator[Block]:
    yield Heading(words("alerts.title"))
    found = model["alerts"]
    if not found:
        key = "alerts.despite" if model["outages"] else "alerts.none"
        yield Text(words(key, outages=outages_named(model, words)))
        return
    yield Text(words("alerts.what", least=LEAST_JUDGED))
    rows = tuple(
        (
            words.known("dashboards", f"alert.{each['name']}.title", each["name"]),
            *(words.number(each[name]) for name in ("fired", "right", "wrong")),
            words(f"alerts.proposal.{_proposal(each)}"),
        )
        for each in found
    )
    head = tuple(words(f"alerts.head.{name}") for name in ("kind", "fired", "right", "wrong", "proposal"))
    yield Table(words("alerts.title"), head, rows, ("left", "right", "right", "right", "left"))


def _proposal(alert: Row) -> str:
    """Return what the judged alerts of a kind say about its threshold."""
    judged = alert["right"] + alert["wrong"]
    if judged < LEAST_JUDGED:
        return "few"
    if alert["wrong"] > judged / 2:
        return "raise"
    return "review" if alert["wrong"] else "keep"


def _action(action: Row, words: Words) -> str:
    state = words("incidents.done" if action["done"] else "incidents.todo")
    return words(
        "incidents.action", what=action["what"], owner=action["owner"], due=words.day(action["due"]), state=state
    )


def _lasted(incident: Row, words: Words) -> str:
    if incident["closed_at"] is None:
        return words("incidents.open")
    begins, ends = (datetime.fromisoformat(incident[name]) for name in ("detected_at", "closed_at"))
    hours, minutes = divmod(int((ends - begins).total_seconds() // 60), 60)
    return words("incidents.hours", hours=hours, minutes=minutes)


def survey_part(model: Model, words: Words) -> Iterator[Block]:
    """Yield the managers' own answers."""
    yield Heading(words("survey.title"))
    if not model["survey"]:
        yield Text(words("survey.none"))
    for each in model["survey"]:
        period = _survey(f"period.{each['period']}", words.language)
        yield Text(words("survey.what", count=each["answers"], period=period))
        rows = tuple(
            (_survey(f"question.{question}", words.language), _answers(question, options, each, words))
            for question, options in OPTIONS.items()
        )
        head = (words("survey.head.question"), words("survey.head.answers"))
        yield Table(f"{words('survey.title')}: {period}", head, rows, ("left", "left"))
        for comment in each["comments"]:
            by = join_names([words.cafes.get(cafe, cafe) for cafe in comment["cafes"]], language=words.language)
            yield Quote(comment["comment"], words("survey.comment_by", cafes=by))


def _answers(question: str, options: Sequence[str], each: Row, words: Words) -> str:
    chosen = [
        words("survey.option", option=_survey(f"option.{question}.{option}", words.language), count=count)
        for option in options
        if (count := each["distribution"][question][option])
    ]
    return join_names(chosen, language=words.language)


def _survey(key: str, language: Language) -> str:
    return say("survey", key, language)
