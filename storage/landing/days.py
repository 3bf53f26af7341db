"""Reads a business day from the landing: all its segments in one frame, and their faults.

Damaged segments and broken lines are skipped and reported; the rest stays usable. Lines are validated and parsed by
columns (`contract_sql`); only those rejected there are parsed one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import duckdb
import polars as pl

from pilot.errors import InvalidEvent
from pilot.events import Event, parse_event, unknown_parts
from pilot.lake_tables.tables import RAW_EVENTS
from storage.duck import in_memory
from storage.errors import CorruptSegment, StorageError
from storage.lake_schema import conform, empty_frame
from storage.landing.contract_sql import (
    ENVELOPE,
    KNOWN_FIELDS,
    LARGEST_INTEGER,
    envelope,
    envelope_is_good,
    envelope_text,
    known_events,
    tokens,
)
from storage.landing.segments import SegmentName, Segments

BATCH_BYTES = 64 * 1024 * 1024  # lines parsed at a time; bounds the memory in addition to the frame


@dataclass(frozen=True, slots=True)
class Fault:
    """A segment or line that could not be used.

    Attributes:
        segment: The segment's path within the landing.
        line: The line's number from 1, None for a whole segment.
        reason: The fault, without a value of the line.
    """

    segment: str
    line: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class DayEvents:
    """A business day's events.

    Attributes:
        frame: RAW_EVENTS, sorted by session, epoch, sequence number and event.
        faults: Unusable segments and lines, sorted.
        unknown: Count of each unknown event or field (`event:name`, `envelope:field`, `event.field`), duplicates
            included; they stay in the frame unchanged.
        duplicates: Number of duplicate lines left out.
        segments: Segments read, damaged ones included.
        reappeared: Erased sessions with events in the landing; they are not in the frame.
    """

    frame: pl.DataFrame = field(repr=False)  # contains guests' words
    faults: tuple[Fault, ...] = ()
    unknown: Mapping[str, int] = field(default_factory=dict)
    duplicates: int = 0
    segments: int = 0
    reappeared: frozenset[str] = frozenset()


def read_day(
    segments: Segments, day: date, *, erased: Collection[str] = (), without: tuple[str, ...] = ()
) -> DayEvents:
    """Read a business day from the landing.

    The result depends only on the set of segments, not on their order or on duplicates.

    Args:
        segments: The landing.
        day: The business day.
        erased: Erased sessions, which are left out.
        without: Prefixes of replicas whose segments are not read.

    Raises:
        LandingUnavailable: the landing cannot be reached.
    """
    names = [name for name in segments.list(day) if not name.replica.startswith(without)]
    faults: list[Fault] = []
    unknown: Counter[str] = Counter()
    everything = pl.concat([no_lines(), *parse_batches(segments, day, names, faults, unknown)])
    unique = first_of_each_event(everything)
    gone = pl.col("session_id").is_in(list(erased))
    kept = unique.filter(~gone) if erased else unique
    back = unique.filter(gone).get_column("session_id").to_list() if erased else []
    return DayEvents(
        frame=conform(RAW_EVENTS, kept.drop("line").sort("session_id", "epoch", "seq", "event_id")),
        faults=tuple(sorted(faults, key=lambda fault: (fault.segment, fault.line or 0))),
        unknown=dict(sorted(unknown.items())),
        duplicates=everything.height - unique.height,
        segments=len(names),
        reappeared=frozenset(back),
    )


def cafes_in(segments: Segments, day: date, names: Sequence[SegmentName]) -> frozenset[str] | None:
    """Return the cafés with events in some segments of a day; None if one has a fault.

    Raises:
        LandingUnavailable: the landing cannot be reached.
    """
    faults: list[Fault] = []
    frames = list(parse_batches(segments, day, names, faults, Counter()))
    return None if faults else frozenset(cafe for frame in frames for cafe in frame.get_column("cafe").unique())


def no_lines() -> pl.DataFrame:
    """Return an empty frame of parsed lines: RAW_EVENTS and the line's number."""
    return empty_frame(RAW_EVENTS).with_columns(pl.lit(0, pl.Int64).alias("line"))


def parse_batches(
    segments: Segments, day: date, names: Sequence[SegmentName], faults: list[Fault], unknown: Counter[str]
) -> Iterator[pl.DataFrame]:
    """Yield the valid lines of some segments, a batch in memory at a time; add to `faults` and `unknown`."""
    for batch in _batches(segments, names, faults):
        yield _parse_batch(day, batch, faults, unknown)


def first_of_each_event(lines: pl.DataFrame) -> pl.DataFrame:
    """Return the lines without doubles: the first by segment and number counts."""
    if lines.get_column("event_id").is_unique().all():
        return lines
    return lines.sort("event_id", "segment", "line").unique("event_id", keep="first", maintain_order=True)


def _batches(
    segments: Segments, names: Sequence[SegmentName], faults: list[Fault]
) -> Iterator[list[tuple[SegmentName, bytes]]]:
    batch: list[tuple[SegmentName, bytes]] = []
    size = 0
    for name in names:
        try:
            body = segments.read(name)
        except CorruptSegment as error:
            faults.append(Fault(name.path, None, str(error)))
            continue
        batch.append((name, body))
        size += len(body)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _parse_batch(
    day: date, batch: Sequence[tuple[SegmentName, bytes]], faults: list[Fault], unknown: Counter[str]
) -> pl.DataFrame:
    bodies = {name.path: body for name, body in batch}
    with in_memory() as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.register("given", _lines(bodies).to_arrow())
        try:
            judged = connection.sql(_parsing_query(day)).pl()
        except duckdb.Error as error:  # Its text can quote a line.
            raise StorageError(
                f"The segments of {day} cannot be parsed ({type(error).__name__}).",
                remedy="This is a defect, or too little memory; the landing is untouched.",
            ) from None
    good, doubtful = judged.filter("good"), judged.filter(~pl.col("good")).sort("segment", "line")
    unknown.update(good.get_column("strange").drop_nulls().explode().drop_nulls().to_list())
    frame: pl.DataFrame = good.select(
        pl.lit(day).alias("day"),
        pl.col("event_id", "event"),
        pl.col("at").dt.replace_time_zone("UTC"),
        pl.col("session_id", "cafe", "edge", "epoch", "seq", "simulated", "schema_version", "data", "segment", "line"),
    )
    if not doubtful.height:
        return frame
    lines = doubtful.select("segment", "line").rows()
    return pl.concat([frame, _one_by_one(day, bodies, lines, faults, unknown, like=frame)])


def _lines(bodies: Mapping[str, bytes]) -> pl.DataFrame:
    """Return every line with its segment, its number from 1, and whether its segment is valid UTF-8."""
    rows = []
    for segment, body in bodies.items():
        try:
            text, readable = body.decode(), True
        except UnicodeDecodeError:
            text, readable = body.decode(errors="replace"), False
        rows.append((segment, text.removesuffix("\n"), readable))
    frame = pl.DataFrame(rows, schema={"segment": pl.String, "line": pl.String, "readable": pl.Boolean}, orient="row")
    lines = frame.filter(pl.col("line") != "").with_columns(pl.col("line").str.split("\n"))
    return lines.with_columns(pl.int_ranges(1, pl.col("line").list.len() + 1).alias("number")).explode("line", "number")


def _parsing_query(day: date) -> str:
    """Return the query that parses the lines of `given` into columns and a verdict.

    It parses a line three times and materialises no table. Duplicate names are left to the contract's own parser,
    which uses the last value, while SQL uses the first.
    """
    known = known_events()
    fields = " ".join(f"WHEN '{name}' THEN {tokens('data', event.paths)}" for name, event in known.items())
    complete = " ".join(f"WHEN '{name}' THEN {event.complete}" for name, event in known.items())
    # An unknown event may contain anything.
    conditions = " ".join(f"WHEN '{name}' THEN {event.condition}" for name, event in known.items())
    envelope_names = ", ".join(f"'{name}'" for name in ENVELOPE)
    data_names = ", ".join(f"'{event}.{name}'" for event, names in KNOWN_FIELDS.items() for name in names)
    return f"""
        WITH parsed AS (
            -- Null if it is not JSON: functions on JSON fail on anything else, with the text in the error.
            SELECT segment, number, CASE WHEN readable AND json_valid(line) THEN line END AS line FROM given
        ), enveloped AS (
            SELECT segment, number, {tokens("line", [f"$.{name}" for name in ENVELOPE])} AS envelope,
                   json_keys(line) AS names
            FROM parsed
        ), opened AS (
            SELECT segment, number, envelope, names, {envelope_text("event")} AS event, {envelope("data")} AS data,
                   coalesce({envelope_is_good(day)}, false)
                   AND CASE WHEN len(names) = {len(ENVELOPE)} THEN true
                            ELSE len(list_distinct(names)) = len(names) END AS enveloped
            FROM enveloped
        ), taken AS (
            SELECT *, CASE WHEN enveloped THEN json_keys(data) END AS data_names,
                   CASE WHEN enveloped THEN CASE event {fields} END END AS fields
            FROM opened
        ), completed AS (
            SELECT *, coalesce(CASE event {complete} END, false) AS complete FROM taken
        ), judged AS (
            SELECT *, enveloped
                   AND CASE WHEN complete THEN true ELSE len(list_distinct(data_names)) = len(data_names) END
                   AND coalesce(CASE event {conditions} ELSE true END, false) AS good
            FROM completed
        )
        SELECT {envelope_text("event_id")} AS event_id, event,
               TRY_CAST({envelope("at")}[2:-3] AS TIMESTAMP) AS at,
               {envelope_text("session_id")} AS session_id, {envelope_text("cafe")} AS cafe,
               {envelope_text("edge")} AS edge,
               TRY_CAST({envelope("epoch")} AS BIGINT) AS epoch, TRY_CAST({envelope("seq")} AS BIGINT) AS seq,
               {envelope("simulated")} = 'true' AS simulated,
               TRY_CAST({envelope("schema")} AS BIGINT) AS schema_version,
               data, segment, number AS line, good,
               CASE WHEN good AND NOT (complete AND len(names) = {len(ENVELOPE)}) THEN list_concat(
                   list_transform(list_filter(names, lambda name: name NOT IN ({envelope_names})),
                                  lambda name: 'envelope:' || name),
                   CASE WHEN fields IS NULL THEN ['event:' || event]
                        ELSE list_filter(list_transform(data_names, lambda name: event || '.' || name),
                                         lambda name: name NOT IN ({data_names})) END
               ) END AS strange
        FROM judged
        """  # noqa: S608 - made of the contract's names and a date


def _one_by_one(
    day: date,
    bodies: Mapping[str, bytes],
    doubtful: Sequence[tuple[str, int]],
    faults: list[Fault],
    unknown: Counter[str],
    *,
    like: pl.DataFrame,
) -> pl.DataFrame:
    """Parse the lines that SQL rejected; return the valid ones as rows."""
    split = {segment: bodies[segment].split(b"\n") for segment in {segment for segment, _ in doubtful}}
    rows = []
    for segment, number in doubtful:
        try:
            event = parse_event(split[segment][number - 1])
        except InvalidEvent as error:
            faults.append(Fault(segment, number, error.what))
            continue
        if event.day != day:
            faults.append(Fault(segment, number, f"session_id: is of {event.day}, its segment of {day}"))
            continue
        if max(event.schema_version, event.epoch, event.seq) > LARGEST_INTEGER:
            faults.append(Fault(segment, number, "schema, epoch or seq: is beyond 64 bits"))
            continue
        unknown.update(unknown_parts(event))
        rows.append(_row(event, day=day, segment=segment, line=number))
    return pl.DataFrame(rows, schema=like.schema, orient="row")


def _row(event: Event, *, day: date, segment: str, line: int) -> tuple[object, ...]:
    content = event.model_dump_json(include={"data"})
    data = content.removeprefix('{"data":').removesuffix("}")
    return (
        day,
        event.event_id,
        event.event,
        event.at,
        event.session_id,
        event.cafe,
        event.edge,
        event.epoch,
        event.seq,
        event.simulated,
        event.schema_version,
        data,
        segment,
        line,
    )
