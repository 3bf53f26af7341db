"""Compares what the pages show with what the queries recompute, for each principal and choice."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, text

from dashboards.page_registry import PAGES
from pilot.lake_tables.tables import TABLES
from proving.analytics.figures import figures_of, is_no_figure, kind_of, recomputed, rows_of
from proving.analytics.registration import Choice, Query, Reader, Reading, Rows

if TYPE_CHECKING:
    from storage.home import Home
    from storage.snapshot import Snapshot

NAME = re.compile(r"\$([a-z_]+)")
SQLITE_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?")
_ANY = Choice((), date(2000, 1, 1), date(2000, 1, 1), False)  # of which only a query's columns are read


@dataclass(slots=True)
class FigureGroup:
    """One figure of a page over all principals and choices.

    Attributes:
        page: The page's script.
        figure: The reading and the figure.
        compared: Values compared.
        different: Of these, values that differ.
        shown: The first differing value as the page shows it; else the last value.
        recomputed: The same as the query returns it.
        where: The principal, the choice and the row of that value.
    """

    page: str
    figure: str
    compared: int = 0
    different: int = 0
    shown: Any = None
    recomputed: Any = None
    where: str = ""

    @property
    def equal(self) -> bool:
        """Return whether no value differs."""
        return not self.different


class Recomputing:
    """The independent side: the whole lake and the store, read once for each query and choice."""

    def __init__(self, home: Home) -> None:
        """Open a snapshot of the lake, with the rows of every café."""
        self._home = home
        self._store = home.store()
        self._snapshot: Snapshot = home.lake().snapshot(*TABLES.values())
        self.versions = dict(self._snapshot.versions)
        self._found: dict[tuple[int, Choice], tuple[list[str], Rows]] = {}
        self._read: dict[tuple[str, str], tuple[list[str], Rows]] = {}

    def __enter__(self) -> Recomputing:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Release the snapshot's memory."""
        self._snapshot.close()

    def rows(self, query: Query, choice: Choice) -> tuple[list[str], Rows]:
        """Return a query's columns and rows."""
        key = (id(query), choice)
        if key not in self._found:
            if query.counted is not None:
                columns, rows = list(query.columns), query.counted(self._home, choice)
            else:
                columns, rows = self._of_sql(query, choice)
            if query.then is not None:
                columns, rows = list(query.columns), query.then(rows, choice)
            self._found[key] = columns, rows
        return self._found[key]

    def columns(self, query: Query, choice: Choice) -> list[str]:
        """Return a query's columns."""
        return list(query.columns) or self.rows(query, choice)[0]

    def _of_sql(self, query: Query, choice: Choice) -> tuple[list[str], Rows]:
        """Return the result of a query's SQL; several queries may share it."""
        given = {name: choice.parameters.get(name) for name in sorted(set(NAME.findall(query.sql)))}
        key = (query.sql, repr(given))
        if key not in self._read:
            self._read[key] = (self._of_store if query.of_store else self._of_lake)(query.sql, given)
        return self._read[key]

    def _of_lake(self, sql: str, given: dict[str, Any]) -> tuple[list[str], Rows]:
        frame = self._snapshot.sql(sql, given)
        return frame.columns, list(frame.iter_rows(named=True))

    def _of_store(self, sql: str, given: dict[str, Any]) -> tuple[list[str], Rows]:
        statement = text(NAME.sub(r":\1", sql))
        for name, value in given.items():
            statement = statement.bindparams(bindparam(name, value, expanding=isinstance(value, list)))
        with self._store.reading() as connection:
            result = connection.execute(statement)
            return list(result.keys()), [
                {name: _moment(value) for name, value in row.items()} for row in result.mappings()
            ]


def _moment(value: Any) -> Any:
    """Return a moment of plain SQL as an aware one: SQLite gives it as text, without its zone."""
    if isinstance(value, str) and SQLITE_MOMENT.fullmatch(value):
        value = datetime.fromisoformat(value)
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def compare(readings: Sequence[Reading], readers: Iterable[Reader], recomputing: Recomputing) -> list[FigureGroup]:
    """Return each figure of the readings, compared for every reader that may open its page."""
    groups: dict[tuple[str, str], FigureGroup] = {}
    pages = {page.script: page for page in PAGES}
    listed = {id(reading): frozenset(figures_of(kind_of(reading))) for reading in readings}
    for reader in readers:
        for reading in readings:
            page = pages[reading.page]
            if not reader.principal.may(page.permission) or (page.of_every_cafe and reader.principal.cafes is not None):
                continue
            for choice in reading.choices(reader):
                _compare_one(groups, reading, reader, choice, recomputing, figures=listed[id(reading)])
        reader.close()
    return list(groups.values())


def forgotten(readings: Sequence[Reading], recomputing: Recomputing) -> list[tuple[Reading, str]]:
    """Return the figures without an independent query."""
    missing = []
    for reading in readings:
        known = {name for query in reading.queries for name in recomputed(query, recomputing.columns(query, _ANY))}
        missing += [
            (reading, figure)
            for figure in figures_of(kind_of(reading))
            if figure not in known and not is_no_figure(reading, figure)
        ]
    return missing


def _compare_one(
    groups: dict[tuple[str, str], FigureGroup],
    reading: Reading,
    reader: Reader,
    choice: Choice,
    source: Recomputing,
    *,
    figures: frozenset[str],
) -> None:
    shown = reading.shown(reader, choice)
    who = f"{reader.principal.role} of {','.join(reader.cafes) if reader.principal.cafes else 'all'}: {choice}"
    for query in reading.queries:
        columns, expected = source.rows(query, choice)
        found = _keyed(rows_of(shown, query, columns), query)
        wanted = _keyed(expected, query)
        named = recomputed(query, columns)
        for key in wanted if query.only else [*found, *(key for key in wanted if key not in found)]:
            for column, figure in zip(columns, named, strict=True):
                if figure not in figures:
                    continue  # it only identifies the row
                group = groups.setdefault(
                    (reading.page, f"{reading.name}:{figure}"),
                    FigureGroup(reading.page, f"{reading.name}: {figure}" if figure else reading.name),
                )
                one, other = (side.get(key, {}).get(column, _ABSENT) for side in (found, wanted))
                same = _is_same(one, other, near=query.near)
                group.compared += 1
                if same and group.different:
                    continue
                if same or not group.different:
                    group.shown, group.recomputed = one, other
                    group.where = f"{who} {' '.join(str(part) for part in key)}".rstrip()
                group.different += not same


class _Absent:
    def __str__(self) -> str:
        return "no row"


_ABSENT = _Absent()


def _keyed(rows: Rows, query: Query) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {tuple(_plain(row[name]) for name in query.key): row for row in rows}


def _is_same(one: Any, other: Any, *, near: float) -> bool:
    one, other = _plain(one), _plain(other)
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=near, abs_tol=near)
    return bool(one == other)


def _plain(value: Any) -> Any:
    """Return numbers as floats, moments by their ISO text in UTC, sequences as tuples."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float | Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return tuple(sorted((str(key), _plain(each)) for key, each in value.items()))
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(_plain(each) for each in value)
    return value
