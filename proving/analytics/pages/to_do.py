"""The figures of the page of things to do: the three things of the week, and what became of the last."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import numpy as np
from scipy import stats

from dashboards.reading.to_do import TABLES, WORDS_TABLES, feedback_of_weeks, words_of
from pipelines.cases.aftermath import Aftermath, aftermath
from pipelines.cases.feedback_claims import monday_of
from pipelines.cases.proposals import Proposals, three_things
from pipelines.language.labels import THEMES
from proving.analytics import arithmetic
from proving.analytics.registration import Choice, Query, Reader, Reading, Rows
from proving.analytics.shared_queries import FEEDBACK_COLUMNS, SCOPE, WORDS, extent_of
from storage.store.cafes.cases import Case, cases_of, sessions_of

PAGE = "to_do.py"
RECOVERY_DAYS = 90
WEEK = timedelta(days=7)
FEWEST, FEWEST_OF_THEME, FEWEST_BEFORE = 10, 3, 30
CHANCE = 0.05 / (len(THEMES) - 1)
WHY = ("subject", "code")
Whys = dict[str, dict[str, float]]
AFTER = ("complaints", "feedbacks", "low", "high", "value")


def _week(reader: Reader) -> date:
    return monday_of(reader.days[-1] + timedelta(days=1))


def cases_shown(reader: Reader, cafe: str) -> list[Case]:
    """Return a café's cases that the page shows."""
    since = reader.now - timedelta(days=RECOVERY_DAYS)
    return cases_of(reader.store, (cafe,), simulated=reader.simulated, since=since)


def _weeks(reader: Reader) -> Iterable[Choice]:
    week, found = _week(reader), []
    for cafe in reader.cafes:
        earlier = [each for each in cases_shown(reader, cafe) if each.week < week]
        linked = sessions_of(reader.store, (cafe,), simulated=reader.simulated)
        taken = tuple(each.subject for each in earlier if each.status in ("open", "doing"))
        handled = tuple(one for each in earlier if each.subject == "urgent" for one in linked.get(each.id, ()))
        extra = (("week", week), ("taken", taken), ("handled", handled))
        found.append(Choice((cafe,), week - 5 * WEEK, week + timedelta(days=6), reader.simulated, extra))
    return found


def _proposals(reader: Reader, choice: Choice) -> Proposals:
    with reader.snapshot(*TABLES, choice=choice) as snapshot:
        feedback = feedback_of_weeks(
            snapshot, snapshot.key, cafe=choice.cafes[0], week=choice["week"], simulated=choice.simulated
        )
    return three_things(feedback, week=choice["week"], taken=choice["taken"], handled=choice["handled"])


def _outcomes(reader: Reader) -> Iterable[Choice]:
    return [
        Choice(one.cafes, one.first, one.last, one.simulated, (*one.extra, ("theme", theme)))
        for one in _weeks(reader)
        for theme in THEMES
    ]


def _outcome(reader: Reader, choice: Choice) -> Aftermath:
    with reader.snapshot(*TABLES, choice=choice) as snapshot:
        feedback = feedback_of_weeks(
            snapshot, snapshot.key, cafe=choice.cafes[0], week=choice["week"], simulated=choice.simulated
        )
    return aftermath(feedback, theme=choice["theme"], week=choice["week"] - WEEK)


def _words(reader: Reader, choice: Choice) -> Any:
    with reader.snapshot(*WORDS_TABLES, choice=choice) as snapshot:
        ids = snapshot.sql("select session_id from scored_feedback where list_contains(?, cafe)", [list(choice.cafes)])
        return words_of(
            snapshot,
            snapshot.key,
            cafe=choice.cafes[0],
            sessions=tuple(ids["session_id"]),
            days=(choice.last,),
            simulated=choice.simulated,
            cover=reader.cover,
        )


def _sound(rows: Rows, first: date, last: date) -> Rows:
    return [row for row in rows if first <= row["day"] <= last and not row["signals"]]


def _complaints(rows: Rows) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for theme, polarity in json.loads(row["themes"] or "{}").items():
            if theme in THEMES and polarity in ("negative", "mixed"):
                found[theme].add(row["session_id"])
    return found


def _items(rows: Rows, choice: Choice) -> list[dict[str, Any]]:
    """Return the proposals with their reasons, each a code with its figures."""
    week, items = choice["week"], []
    urgent: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row["day"] >= week - WEEK and row["session_id"] not in choice["handled"]:
            for flag in row["flags"] or ():
                if flag.startswith("urgent_"):
                    urgent[flag].add(row["session_id"])
    if urgent:
        counts: Whys = {flag: {"sessions": len(ids)} for flag, ids in urgent.items()}
        items.append({"subject": "urgent", "sessions": sorted(set().union(*urgent.values())), "whys": counts})
    recent = _sound(rows, week - WEEK, week - timedelta(days=1))
    before = _sound(rows, week - 5 * WEEK, week - WEEK - timedelta(days=1))
    earlier, themes = _complaints(before), []
    for theme, ids in _complaints(recent).items() if len(recent) >= FEWEST else ():
        if len(ids) < FEWEST_OF_THEME or theme in choice["taken"] or theme == "other":
            continue
        k, n, k_before, n_before = len(ids), len(recent), len(earlier.get(theme, ())), len(before)
        low, high = arithmetic.wilson(k, n)
        whys: Whys = {"complaints": {"complaints": k, "feedbacks": n, "share": k / n, "low": low, "high": high}}
        rising = False
        if n_before < FEWEST_BEFORE:
            whys["no_history"] = {"feedbacks_before": n_before}
        else:
            rising = stats.hypergeom.sf(k - 1, n + n_before, k + k_before, n) < CHANCE
            whys["rising" if rising else "usual"] = {
                "share": k / n, "share_before": k_before / n_before,
                "complaints_before": k_before, "feedbacks_before": n_before,
            }  # fmt: skip
        themes.append((not rising, -k, theme, {"subject": theme, "sessions": sorted(ids), "whys": whys}))
    return [*items, *(item for *_, item in sorted(themes, key=lambda each: each[:3]))][:3]


def _week_row(rows: Rows, choice: Choice) -> Rows:
    count = len(_sound(rows, choice["week"] - WEEK, choice["week"] - timedelta(days=1)))
    state = "enough" if count >= FEWEST else "few" if count else "none"
    return [{"week": choice["week"], "feedbacks": count, "state": state}]


def _item_rows(rows: Rows, choice: Choice) -> Rows:
    return [{**item, "is_urgent": item["subject"] == "urgent"} for item in _items(rows, choice)]


def _why_rows(rows: Rows, choice: Choice) -> Rows:
    return [{"subject": item["subject"], "code": code} for item in _items(rows, choice) for code in item["whys"]]


def _detail_rows(rows: Rows, choice: Choice) -> Rows:
    return [
        {"subject": item["subject"], "code": code, "detail": name, "itself": value}
        for item in _items(rows, choice)
        for code, details in item["whys"].items()
        for name, value in details.items()
    ]


def _side(rows: Rows, theme: str, first: date) -> dict[str, Any]:
    own = _sound(rows, first, first + timedelta(days=6))
    count = len(_complaints(own).get(theme, ()))
    found = {"complaints": count, "feedbacks": len(own), "low": None, "high": None, "value": None}
    if not own:
        return found
    low, high = arithmetic.wilson(count, len(own))
    return {**found, "low": low, "high": high, "value": count / len(own)}


def _before(rows: Rows, choice: Choice) -> Rows:
    return [_side(rows, choice["theme"], choice["week"] - 2 * WEEK)]


def _after(rows: Rows, choice: Choice) -> Rows:
    return [_side(rows, choice["theme"], choice["week"] - WEEK)]


def _became(rows: Rows, choice: Choice) -> Rows:
    """Return the verdict by Newcombe's interval of the difference of two shares."""
    (before,), (after,) = _before(rows, choice), _after(rows, choice)
    verdict = "too_few"
    if min(before["feedbacks"], after["feedbacks"]) >= FEWEST:
        change = after["value"] - before["value"]
        down = np.hypot(after["value"] - after["low"], before["high"] - before["value"])
        up = np.hypot(after["high"] - after["value"], before["value"] - before["low"])
        verdict = "fewer" if change + up < 0 else "more" if change - down > 0 else "cannot_tell"
    return [{"theme": choice["theme"], "verdict": verdict}]


FEEDBACK_ROWS = f"""
    select day, session_id, themes, flags, signals from scored_feedback
    where {SCOPE} and day between $first and $last order by session_id
"""  # noqa: S608
READINGS = (
    extent_of(PAGE),
    Reading(
        page=PAGE,
        name="three things",
        function=feedback_of_weeks,
        kind=Proposals,
        choices=_weeks,
        shown=_proposals,
        queries=(
            Query(sql=FEEDBACK_ROWS, then=_week_row, columns=("week", "feedbacks", "state")),
            Query(
                part="items",
                sql=FEEDBACK_ROWS,
                then=_item_rows,
                key=("subject",),
                columns=("subject", "sessions", "is_urgent"),
            ),
            Query(part="items.whys", sql=FEEDBACK_ROWS, then=_why_rows, key=WHY, columns=WHY),
            Query(
                part="items.whys.details",
                sql=FEEDBACK_ROWS,
                then=_detail_rows,
                key=(*WHY, "detail"),
                columns=(*WHY, "detail", "itself"),
            ),
        ),
    ),
    Reading(
        page=PAGE,
        name="what became of it",
        function=aftermath,
        choices=_outcomes,
        shown=_outcome,
        queries=(
            Query(sql=FEEDBACK_ROWS, then=_became, columns=("theme", "verdict")),
            Query(part="before", sql=FEEDBACK_ROWS, then=_before, columns=AFTER),
            Query(part="after", sql=FEEDBACK_ROWS, then=_after, columns=AFTER),
        ),
    ),
    Reading(
        page=PAGE,
        name="words",
        function=words_of,
        choices=lambda reader: [one for one in reader.each_cafe_and_day() if one.last == reader.days[-1]],
        shown=_words,
        no_figures={"turns": WORDS},
        queries=(Query(sql=f"{FEEDBACK_COLUMNS} where f.day between $first and $last", key=("session_id",)),),
    ),
)
