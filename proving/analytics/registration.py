"""The registration of a page's figures: what the page reads, and the queries that recompute it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dashboards.entitled_lake import EntitledLake
from dashboards.reading.cover import Cover
from dashboards.reading.page_snapshot import PageSnapshot
from pilot.access import Principal
from pilot.business_days import days_between
from pilot.lake_tables.tables import Table

if TYPE_CHECKING:
    from pilot.cafes import Cafe
    from storage.home import Home
    from storage.store.engine import Store

NEAR = 1e-9  # relative, for sums in another order
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reader chose on a page.

    Attributes:
        cafes: The cafés of which rows are shown.
        first: The first day.
        last: The last day.
        simulated: Whether simulated rows are shown.
        extra: Further choices: a filter, a part of the day, a measure.
    """

    cafes: tuple[str, ...]
    first: date
    last: date
    simulated: bool
    extra: tuple[tuple[str, Any], ...] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the choices as parameters of a query."""
        return {
            "cafes": list(self.cafes),
            "cafe": self.cafes[0] if self.cafes else "",
            "first": self.first,
            "last": self.last,
            "simulated": self.simulated,
            **dict(self.extra),
        }

    def __getitem__(self, name: str) -> Any:
        """Return one of the further choices."""
        return dict(self.extra)[name]

    def __str__(self) -> str:
        """Return the choice in words, for a difference."""
        extra = ", ".join(f"{name} {value}" for name, value in self.extra if value)
        return f"{'+'.join(self.cafes)} {self.first}..{self.last}" + (f", {extra}" if extra else "")


@dataclass(frozen=True, slots=True)
class Reader:
    """A principal on the pages at one moment.

    Attributes:
        home: The home.
        principal: The principal.
        simulated: Whether simulated rows are shown.
        now: The moment of the render.
        days: The days that are compared, oldest first.
        opened: The snapshots of this reader, each opened once.
    """

    home: Home
    principal: Principal
    simulated: bool
    now: datetime
    days: tuple[date, ...]
    opened: dict[Any, PageSnapshot] = field(default_factory=dict, compare=False, repr=False)

    @property
    def cafes(self) -> tuple[str, ...]:
        """Return the cafés that the principal may see, in the file's order."""
        return tuple(cafe.id for cafe in self.known_cafes)

    @property
    def known_cafes(self) -> tuple[Cafe, ...]:
        """Return these cafés themselves."""
        return tuple(cafe for cafe in self.home.cafes().cafe if self.principal.sees(cafe.id))

    @property
    def cover(self) -> Cover:
        """Return what of the guests' words is covered for the principal, as the pages do."""
        staff = {name for cafe in self.home.cafes().cafe for name in cafe.staff}
        return Cover(self.principal.may("harmful"), tuple(sorted(staff)))

    @property
    def store(self) -> Store:
        """Return the home's store."""
        return self.home.store()

    def lake(self) -> EntitledLake:
        """Return the lake as the pages open it for this principal."""
        return EntitledLake(self.home.lake(), self.principal, home_key=str(self.home.root), confirm=lambda: None)

    def snapshot(self, *tables: Table, choice: Choice, before: int = 0) -> nullcontext[PageSnapshot]:
        """Return the page's snapshot of the chosen days, and of some days before them."""
        first = choice.first - timedelta(days=before)
        key = (tuple(table.name for table in tables), first, choice.last)
        if key not in self.opened:
            self.opened[key] = PageSnapshot(self.lake(), *tables, days=list(days_between(first, choice.last)))
        return nullcontext(self.opened[key])

    def close(self) -> None:
        """Release the snapshots."""
        for snapshot in self.opened.values():
            snapshot.__exit__(None, None, None)
        self.opened.clear()

    def each_cafe_and_day(self) -> Iterable[Choice]:
        """Return each café on each day."""
        return [Choice((cafe,), day, day, self.simulated) for cafe in self.cafes for day in self.days]

    def each_cafe_over(self, *lengths: int) -> Iterable[Choice]:
        """Return each café over periods that end with the last day."""
        return [
            Choice((cafe,), self.days[-1] - timedelta(days=length - 1), self.days[-1], self.simulated)
            for cafe in self.cafes
            for length in lengths
        ]

    def all_cafes_over(self, *lengths: int) -> Iterable[Choice]:
        """Return all cafés together over periods that end with each day."""
        return [
            Choice(self.cafes, day - timedelta(days=length - 1), day, self.simulated)
            for day in self.days
            for length in lengths
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One independent query, and the figures of a reading that it recomputes.

    A column bears the name of a field or property; the part before it is where in the reading the field is. Columns
    that no field is named after are, in their order, the keys of mappings on the way; a column `itself` is the part
    itself.

    Attributes:
        part: Where in the reading the figures are, names joined by dots; empty for the reading itself.
        sql: DuckDB's SQL over the lake's tables, or plain SQL over the store, with the choice's parameters as $name.
        key: The columns that identify a row; none if there is one row.
        of_store: Whether it runs on the store.
        counted: Counts the rows of something else than the lake and the store, instead of `sql`.
        then: Further arithmetic on the rows, for what SQL has no function; it shares no code with the pages.
        columns: The columns that `counted` or `then` returns.
        only: Whether it recomputes some rows of the part only; others are another query's.
        near: The largest relative difference that counts as equal.
    """

    part: str = ""
    sql: str = ""
    key: tuple[str, ...] = ()
    of_store: bool = False
    counted: Callable[[Home, Choice], Rows] | None = None
    then: Callable[[Rows, Choice], Rows] | None = None
    columns: tuple[str, ...] = ()
    only: bool = False
    near: float = NEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading of a page with all its figures.

    Attributes:
        page: The page's script.
        name: Its name in the report.
        function: The function that the page calls; its type lists the figures.
        kind: The type of what `shown` returns, if it is not the function's.
        choices: What a reader may choose.
        shown: Returns what the page shows.
        queries: The queries that recompute it.
        no_figures: The parts that are no figures, each with the reason.
    """

    page: str
    name: str
    function: Callable[..., Any]
    choices: Callable[[Reader], Iterable[Choice]]
    shown: Callable[[Reader, Choice], Any]
    queries: tuple[Query, ...]
    kind: Any = None
    no_figures: Mapping[str, str] = field(default_factory=dict)
