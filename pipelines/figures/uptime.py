"""The table `uptime`: each café's service as probed from outside, at the probes' resolution."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl

from pilot.business_days import day_bounds
from pilot.cafes import Cafes
from pilot.lake_tables.tables import PROBES, UPTIME
from pipelines.coverage import Stretch, clip_windows, fill_gaps, merge_windows, seconds_within, sum_seconds
from pipelines.feedback.event_columns import PROBE, flag, integer, select_events, text
from pipelines.shapes import schema, table_frame

SERVICE_TARGET = "customer_page"  # the customer's page; every café has a row for it, even without probes
SILENT_TARGET = "edge_heartbeat"  # recorded by a starting edge for the time since its last heartbeat
OF_THE_EDGE = frozenset({SERVICE_TARGET, "websocket", "receipt"})
LOCAL_PROBER = "watch"  # on the edge's host; every other prober is elsewhere
KEY = ["cafe", "simulated", "target"]
COLUMNS = ("cafe", "simulated", "edge", "at", "event_id", "target", "ok", "every_seconds")  # of PROBES
Window = tuple[datetime, datetime]
Seen = dict[tuple[str, bool, str], dict[str, list[Stretch]]]  # stretches of each prober, by café, simulated and target


def uptime(
    raw_events: pl.DataFrame, *, day: date, as_of: datetime, cafes: Cafes, planned: Iterable[Window] = ()
) -> pl.DataFrame:
    """Return the seconds up, down and unknown of each probed target on `day`, up to `as_of`.

    A probe covers `every_seconds` from its own time on, cut short by the same prober's next probe of the target, by the
    end of the day and by `as_of`. If two probers overlap, the one on another host takes precedence. Time without a
    probe is down if the edge had no heartbeat (it records the gap when it starts again), otherwise unknown. The three
    sum to the elapsed day, which is 23, 24 or 25 hours once over.

    Args:
        raw_events: Frame of PROBES of the day with at least COLUMNS, or of RAW_EVENTS with an event a café; in any
            order, duplicates count once.
        day: The business day.
        as_of: The moment up to which the day is judged, aware.
        cafes: The cafés; each has a row for the customer's page, even without a probe.
        planned: Windows of planned maintenance, in order and without overlaps; downtime within them counts as down, and
            in a separate column too.
    """
    start, end = day_bounds(day)
    until = max(start, min(as_of, end))
    windows = clip_windows(planned, start=start, end=until)
    covered = _probe_periods(raw_events, start=start, until=until).collect()
    expected = pl.DataFrame(
        {"cafe": cafes.ids, "simulated": [False] * len(cafes.ids), "target": [SERVICE_TARGET] * len(cafes.ids)},
        schema={name: schema(UPTIME)[name] for name in KEY},
    )
    keys = pl.concat([expected, covered.select(KEY)]).unique()
    silent = covered.filter(pl.col("target") == SILENT_TARGET).select("cafe", "simulated").unique()
    several = covered.group_by(KEY).agg(pl.col("edge").n_unique()).filter(pl.col("edge") > 1).select(KEY)
    of_silent = keys.join(silent, on=["cafe", "simulated"], how="semi")
    combined = keys if windows else pl.concat([several, of_silent]).unique()
    rows = pl.concat(
        [
            _single_prober_rows(covered, keys.join(combined, on=KEY, how="anti")),
            _prober_rows(covered, combined, windows),
        ]
    )
    so_far = (until - start).total_seconds()
    planned_s = sum((b - a).total_seconds() for a, b in windows)
    return table_frame(
        UPTIME,
        rows.lazy().with_columns(
            day=pl.lit(day),
            as_of=pl.lit(as_of),
            planned_s=pl.lit(planned_s),
            unknown_s=(so_far - pl.col("up_s") - pl.col("down_s")).clip(lower_bound=0.0),
        ),
    )


def outages(raw_events: pl.DataFrame, *, day: date, as_of: datetime) -> dict[tuple[str, bool], list[Window]]:
    """Return the customer page's outages on `day`, the windows of `down_s`, by café and simulated.

    Args:
        raw_events: As for `uptime`.
        day: The business day.
        as_of: The moment up to which the day is judged, aware.
    """
    start, end = day_bounds(day)
    until = max(start, min(as_of, end))
    covered = _probe_periods(raw_events, start=start, until=until)
    seen = _by_prober(covered.filter(pl.col("target").is_in([SERVICE_TARGET, SILENT_TARGET])).collect())
    down = {
        (cafe, simulated): [
            (each.start, each.end) for each in _stretches(seen, cafe, simulated, SERVICE_TARGET) if not each.ok
        ]
        for cafe, simulated, _ in seen
    }
    return {key: merge_windows(windows) for key, windows in down.items() if windows}


def _probe_periods(raw_events: pl.DataFrame, *, start: datetime, until: datetime) -> pl.LazyFrame:
    """Return the probes of the elapsed day, each with the period that it covers."""
    moment = pl.Datetime("us", "UTC")
    prober = [*KEY, "edge"]
    if "target" in raw_events.columns:
        typed = raw_events.lazy().select(COLUMNS)
    else:
        fields = (text("target"), flag("ok"), integer("every_seconds"))
        typed = select_events(raw_events.lazy(), PROBE).select(*COLUMNS[:5], *fields)
    return (
        typed.filter((pl.col("at") >= start) & (pl.col("at") < until))
        .unique(subset=["event_id", "cafe"], keep="any")
        .drop_nulls(["target", "ok", "every_seconds"])
        .sort(*prober, "at", "event_id")
        .with_columns(
            ends=pl.min_horizontal(
                pl.col("at") + pl.duration(seconds=pl.col("every_seconds")),
                pl.col("at").shift(-1).over(prober),
                pl.lit(until).cast(moment),
            )
        )
    )


def _single_prober_rows(covered: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of targets with at most one prober."""
    length = (pl.col("ends") - pl.col("at")).dt.total_microseconds() / 1e6
    seen = covered.group_by(KEY).agg(
        probes=pl.len().cast(pl.Int64),
        up_s=length.filter(pl.col("ok")).sum(),
        down_s=length.filter(~pl.col("ok")).sum(),
    )
    counted = keys.join(seen, on=KEY, how="left").with_columns(pl.col("probes", "up_s", "down_s").fill_null(0))
    return counted.with_columns(planned_down_s=pl.lit(0.0))


def _prober_rows(covered: pl.DataFrame, keys: pl.DataFrame, windows: Sequence[Window]) -> pl.DataFrame:
    """Return the rows of targets with several probers, silent edges or planned windows."""
    seen = _by_prober(covered.join(keys.select("cafe", "simulated").unique(), on=["cafe", "simulated"], how="semi"))
    rows: list[dict[str, Any]] = []
    for key in keys.iter_rows():
        stretches = _stretches(seen, *key)
        rows.append(
            dict(zip(KEY, key, strict=True))
            | {"probes": sum(len(each) for each in seen.get(key, {}).values())}
            | {"up_s": sum_seconds(stretches, ok=True), "down_s": sum_seconds(stretches, ok=False)}
            | {"planned_down_s": seconds_within(stretches, windows, ok=False)}
        )
    types = schema(UPTIME)
    names = (*KEY, "probes", "up_s", "down_s", "planned_down_s")
    return pl.DataFrame(rows, schema={name: types[name] for name in names}, orient="row")


def _by_prober(covered: pl.DataFrame) -> Seen:
    seen: Seen = {}
    for cafe, simulated, target, edge, at, ends, ok in covered.select(*KEY, "edge", "at", "ends", "ok").iter_rows():
        seen.setdefault((cafe, simulated, target), {}).setdefault(edge, []).append(Stretch(at, ends, ok))
    return seen


def _stretches(seen: Seen, cafe: str, simulated: bool, target: str) -> list[Stretch]:
    """Return a target's stretches, those of the most trusted prober first."""
    probers = seen.get((cafe, simulated, target), {})
    stretches: list[Stretch] = []
    for prober in sorted(probers, key=lambda name: (name == LOCAL_PROBER, name)):
        stretches = fill_gaps(stretches, probers[prober])
    if target in OF_THE_EDGE:
        for replica in seen.get((cafe, simulated, SILENT_TARGET), {}).values():
            stretches = fill_gaps(stretches, replica)
    return stretches


def uptime_of_parts(
    parts: Iterable[pl.DataFrame], *, day: date, as_of: datetime, cafes: Cafes, planned: Sequence[Window] = ()
) -> pl.DataFrame:
    """Return the rows of `uptime` from parts of whole cafés, one in memory at a time.

    Args:
        parts: Frames as for `uptime`, each café in one of them.
        day: The business day.
        as_of: The moment up to which the day is judged, aware.
        cafes: The cafés.
        planned: Windows of planned maintenance.
    """
    probed: set[str] = set()
    rows = []
    for part in parts:
        found = set(part["cafe"].unique().to_list())
        probed |= found
        own = cafes.model_copy(update={"cafe": tuple(cafe for cafe in cafes.cafe if cafe.id in found)})
        rows.append(uptime(part, day=day, as_of=as_of, cafes=own, planned=planned))
    rest = cafes.model_copy(update={"cafe": tuple(cafe for cafe in cafes.cafe if cafe.id not in probed)})
    nothing = pl.DataFrame(schema={name: schema(PROBES)[name] for name in COLUMNS})
    rows.append(uptime(nothing, day=day, as_of=as_of, cafes=rest, planned=planned))
    return table_frame(UPTIME, pl.concat(rows).lazy())
