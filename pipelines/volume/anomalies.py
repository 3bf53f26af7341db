"""The table `volume_anomalies`: each café's open hours with their feedback, expectation and verdict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import polars as pl

from pilot.cafes import Cafe, Cafes
from pilot.lake_tables.insight_tables import VOLUME_ANOMALIES
from pipelines.shapes import schema, table_frame
from pipelines.volume.expectation import HISTORY_DAYS as HISTORY_DAYS
from pipelines.volume.expectation import PastHour, expectation
from pipelines.volume.open_hours import Window, open_hours
from pipelines.volume.verdicts import judge_hours

SESSION_COLUMNS = ("cafe", "simulated", "completed_at")
OWN_COLUMNS = frozenset(VOLUME_ANOMALIES.names) - {"day", "simulated", "as_of"}
HISTORY_COLUMNS = ("day", "cafe", "simulated", "hour", "weight", "feedbacks")


def volume_anomalies(
    sessions: pl.DataFrame,
    *,
    day: date,
    as_of: datetime,
    cafes: Cafes,
    history: pl.DataFrame,
    away: Mapping[str, Iterable[Window]],
    simulated: bool = False,
) -> pl.DataFrame:
    """Return one row per café and open hour on `day`, up to `as_of`.

    Test clients among real guests do not count: they have no expected volume. There are no rows before the pilot's
    first day, unless everything is simulated.

    Args:
        sessions: SESSION_COLUMNS of SESSIONS of the day.
        day: The business day.
        as_of: The moment up to which the day is judged, aware.
        cafes: The cafés.
        history: HISTORY_COLUMNS of VOLUME_ANOMALIES of the HISTORY_DAYS before.
        away: The windows in which no guest could speak, by café: outages, maintenance, pauses, a full trial.
        simulated: Whether the home's guests are simulated.
    """
    sent = _sent(sessions, simulated=simulated)
    past = _past(history.filter(pl.col("simulated") == simulated, pl.col("day") < day))
    rows: list[dict[str, Any]] = []
    if simulated or day >= cafes.pilot.first_day:
        for cafe in cafes.cafe:
            own = away.get(cafe.id, ())
            rows += _of_cafe(cafe, day, as_of, sent=sent[cafe.id], past=past[cafe.id], away=own)
    judged = pl.DataFrame(
        rows, schema={name: kind for name, kind in schema(VOLUME_ANOMALIES).items() if name in OWN_COLUMNS}
    )
    return table_frame(
        VOLUME_ANOMALIES,
        judged.lazy().with_columns(day=pl.lit(day), simulated=pl.lit(simulated), as_of=pl.lit(as_of)),
    )


def unavailable_windows(
    cafes: Cafes,
    *,
    down: Mapping[tuple[str, bool], Iterable[Window]],
    shut: Mapping[str, Iterable[Window]],
    simulated: bool,
) -> dict[str, list[Window]]:
    """Return the windows in which no guest could speak, by café: outages, and closures by the pilot."""
    return {each: [*down.get((each, simulated), ()), *shut.get(each, ())] for each in cafes.ids}


def _of_cafe(
    cafe: Cafe,
    day: date,
    as_of: datetime,
    *,
    sent: list[datetime],
    past: Mapping[date, list[PastHour]],
    away: Iterable[Window],
) -> list[dict[str, Any]]:
    hours = open_hours(cafe, day=day, as_of=as_of, sent=sent, away=away)
    by = expectation(cafe, day=day, past=past)
    if by is None:
        return []
    rows = []
    for hour, found in zip(hours, judge_hours(hours, by=by), strict=True):
        weighed = by.weight(hour.hour, hour.weight)
        rows.append(
            {
                "cafe": cafe.id,
                "starts_at": hour.starts_at,
                "hour": hour.hour,
                "open_minutes": hour.open_minutes,
                "away_minutes": hour.away_minutes,
                "weight": hour.weight,
                "feedbacks": hour.feedbacks,
                "expected": by.rate * weighed,
                "expected_low": by.low * weighed,
                "expected_high": by.high * weighed,
                "basis": by.basis,
                "settled": hour.settled,
                "since": found.since,
                "surprise": found.surprise,
                "verdict": found.verdict,
            }
        )
    return rows


def _sent(sessions: pl.DataFrame, *, simulated: bool) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = defaultdict(list)
    own = sessions.filter(pl.col("simulated") == simulated, pl.col("completed_at").is_not_null())
    for cafe, moment in own.select("cafe", "completed_at").iter_rows():
        found[cafe].append(moment)
    return found


def _past(history: pl.DataFrame) -> dict[str, dict[date, list[PastHour]]]:
    found: dict[str, dict[date, list[PastHour]]] = defaultdict(lambda: defaultdict(list))
    for day, cafe, _, hour, weight, feedbacks in (
        history.select(HISTORY_COLUMNS).sort("day", "cafe", "hour").iter_rows()
    ):
        found[cafe][day].append(PastHour(hour, weight, feedbacks))
    return found
