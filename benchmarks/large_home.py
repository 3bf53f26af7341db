"""A demo home of very many cafés, for the pages' benchmarks: a few cafés' rows under many names."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl

from pilot.business_days import business_day
from pilot.cafes import Cafes
from pilot.lake_tables.satisfaction_tables import SATISFACTION, THEME_DAYPARTS
from pilot.lake_tables.tables import PILOT_KPIS, SCORED_FEEDBACK, SESSIONS, TURNS
from pipelines.feedback.satisfaction import satisfaction, theme_dayparts
from storage.home import Home
from tests.dashboards.lake_days import make_day


def fill(home: Home, *, days: int, last: date | None = None) -> int:
    """Write the days up to `last` (today by default) and return the number of sessions in the lake.

    Each café's day is a copy of that of one of the first three: the sizes and the distribution are real, the KPIs of
    all cafés together are not.
    """
    known = home.cafes()
    seeds = known.model_copy(update={"cafe": known.cafe[:3]})
    last = last or business_day(datetime.now(UTC))
    return sum(_write(home, known, seeds, last - timedelta(days=back)) for back in range(days))


def _write(home: Home, known: Cafes, seeds: Cafes, day: date) -> int:
    made = make_day(seeds, day, simulated=True)
    copies = pl.DataFrame(
        {"cafe": [seeds.cafe[n % 3].id for n in range(len(known.cafe))], "as": [cafe.id for cafe in known.cafe]}
    )
    frames = {
        SESSIONS: made.sessions,
        TURNS: made.turns,
        SCORED_FEEDBACK: made.scored_feedback,
        SATISFACTION: satisfaction(made.scored_feedback, day=day),
        THEME_DAYPARTS: theme_dayparts(made.scored_feedback, day=day),
    }
    for table, frame in frames.items():
        home.lake().replace_partition(table, day, _copied(frame, copies, names=table.names), commit={})
    together = made.pilot_kpis.filter(~pl.col("cafe").is_in([cafe.id for cafe in seeds.cafe]))
    each = _copied(made.pilot_kpis, copies, names=PILOT_KPIS.names)
    home.lake().replace_partition(PILOT_KPIS, day, pl.concat([each, together]), commit={})
    return home.lake().read(SESSIONS, days=[day], columns=["cafe"]).height


def _copied(frame: pl.DataFrame, copies: pl.DataFrame, *, names: tuple[str, ...]) -> pl.DataFrame:
    joined = frame.join(copies, on="cafe").with_columns(cafe=pl.col("as"))
    if "session_id" in names:
        joined = joined.with_columns(session_id=pl.col("session_id") + "-" + pl.col("cafe"))
    return joined.select(names)
