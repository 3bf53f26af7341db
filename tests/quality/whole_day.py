"""A day of stories computed by the pipelines, on which every expectation holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl

from pilot.business_days import day_bounds
from pilot.cafes import parse_cafes
from pilot.lake_tables.insight_tables import THEMES, VOLUME_ANOMALIES
from pilot.lake_tables.retention_table import RETENTION
from pilot.lake_tables.tables import CUSTOMER_COUNTS, REWARDS
from pipelines.feedback.satisfaction import satisfaction, theme_dayparts
from pipelines.feedback.scored_feedback import scored_feedback
from pipelines.feedback.sessions import sessions
from pipelines.feedback.themes_daily import HISTORY_COLUMNS, themes_of
from pipelines.feedback.turns import turns
from pipelines.figures.kpis import pilot_kpis
from pipelines.figures.probes import probe_parts
from pipelines.figures.uptime import outages, uptime
from pipelines.figures.voice_latency import voice_latency
from pipelines.reports.business_impact import Inputs, business_impact
from pipelines.reports.capacity_plan import LoadTest, Resources, capacity_plan
from pipelines.reports.pilot_report import Basis, pilot_report
from pipelines.shapes import schema
from pipelines.signals.fingerprints import fingerprints
from pipelines.volume.anomalies import HISTORY_COLUMNS as VOLUME_COLUMNS
from pipelines.volume.anomalies import unavailable_windows, volume_anomalies
from tests.events import MORNING, Story, probes, raw_events, whole_visit

DAY = MORNING.date()
AS_OF = day_bounds(DAY)[1]
CAFES = parse_cafes(Path("cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")


def stories() -> list[Any]:
    """Return some visits of every kind, and the probes of a while."""
    return [
        whole_visit(),
        whole_visit("malmohuset", at=MORNING + timedelta(minutes=3)),
        Story(at=MORNING + timedelta(minutes=5)).opens(),
        Story(at=MORNING + timedelta(minutes=6)).opens().starts().consents(granted=False).leaves("declined"),
        Story(at=MORNING + timedelta(minutes=7)).opens().starts().consents().microphone().says("Kön var lång.").fails(),
        whole_visit(at=MORNING + timedelta(minutes=9), simulated=True),
        probes(start=MORNING, outcomes=[True, True, False]),
    ]


def polars_day() -> dict[str, pl.DataFrame]:
    """Return every table of the day as the pipelines make it."""
    raw = raw_events(*stories())
    visits, said = sessions(raw, as_of=AS_OF), turns(raw)
    scored, service = scored_feedback(visits, said, cafes=CAFES), uptime(raw, day=DAY, as_of=AS_OF, cafes=CAFES)
    counted = {"day": DAY, "cafe": "aurora", "simulated": False, "customers": 210, "source": "till"}
    counts = pl.DataFrame(
        [counted | {"reported_at": datetime(2026, 11, 23, 19, tzinfo=UTC)}], schema=schema(CUSTOMER_COUNTS)
    )
    earlier = pl.DataFrame(schema={name: schema(THEMES)[name] for name in HISTORY_COLUMNS})
    kpis = pilot_kpis(
        day=DAY, as_of=AS_OF, cafes=CAFES, sessions=visits, turns=said, uptime=service, customer_counts=counts
    )
    down = outages(raw, day=DAY, as_of=AS_OF)
    maintenance = {"aurora": [(MORNING + timedelta(hours=3), MORNING + timedelta(hours=4.4))]}
    volume = volume_anomalies(
        visits,
        day=DAY,
        as_of=AS_OF,
        cafes=CAFES,
        history=pl.DataFrame(schema={name: schema(VOLUME_ANOMALIES)[name] for name in VOLUME_COLUMNS}),
        away=unavailable_windows(CAFES, down=down, shut=maintenance, simulated=False),
    )
    by_theme = themes_of(scored, day=DAY, history=earlier)
    basis = Basis(days=[DAY], excluded=(), cafes=CAFES.ids, as_of=AS_OF, planned_days=1)
    there = Resources(
        since=DAY,
        limits=dict.fromkeys(CAFES.ids, 100),
        used={("aurora", False): 1},
        tests=[LoadTest(guests=6, passed=True, at=AS_OF)],
        bytes_by_day={DAY: 90_000},
    )
    figures = Inputs(
        closed=(), days=[DAY], kpis=kpis, scored=scored, rewards=pl.DataFrame(schema=schema(REWARDS)), themes=by_theme
    )
    return {
        "raw_events": raw,
        "sessions": visits,
        "turns": said,
        "scored_feedback": scored,
        "fingerprints": fingerprints(visits, said, key=b"k" * 32),
        "customer_counts": counts,
        "probes": pl.concat(probe_parts(raw)),
        "uptime": service,
        "pilot_kpis": kpis,
        "themes": by_theme,
        "satisfaction": satisfaction(scored, day=DAY),
        "theme_dayparts": theme_dayparts(scored, day=DAY),
        "voice_latency": voice_latency(said, day=DAY),
        "volume_anomalies": volume,
        "pilot_report": pilot_report(basis, day=DAY, kpis=kpis, uptime=service, turns=said),
        "business_impact": business_impact(figures, day=DAY, as_of=AS_OF, days=[DAY], cafes=CAFES.ids),
        "capacity_plan": capacity_plan(visits, there, day=DAY, as_of=AS_OF, days=[DAY], cafes=CAFES.cafe),
        "retention": pl.DataFrame(
            [
                {
                    "day": DAY,
                    "kind": kind,
                    "kept_days": days,
                    "removed_at": AS_OF + timedelta(days=days),
                    "gone_at": gone,
                }
                | {"landing_lines": 9, "lake_rows": 9, "store_rows": 0, "files": 1}
                for kind, days, gone in (("words", 90, None), ("devices", 30, AS_OF + timedelta(days=31)))
            ],
            schema=schema(RETENTION),
        ),
    }


def frames() -> Any:
    """Return the day's tables as attributes, for pandas, and the cafés."""
    return SimpleNamespace(**{name: frame.to_pandas() for name, frame in polars_day().items()}, cafes=CAFES)
