"""The proof of the pages' figures: every role, every café, every registered reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pilot.access import ROLES, Principal, Role
from pilot.business_days import business_day
from pilot.errors import PilotError
from pilot.lake_tables.tables import SESSIONS, TABLES
from proving.analytics.comparison import FigureGroup, Recomputing, compare, forgotten
from proving.analytics.registration import Reader, Reading
from proving.analytics.registry import readings
from storage.home import Home


class NothingToCompare(PilotError):
    """The lake has no day with sessions that is over."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of the comparison.

    Attributes:
        figures: Each figure of each page.
        forgotten: Figures without an independent query.
        days: The days compared.
        principals: The number of principals, each of a role and of some cafés.
        changed: The tables that were written meanwhile, so that a difference may be theirs.
    """

    figures: tuple[FigureGroup, ...]
    forgotten: tuple[str, ...]
    days: tuple[date, ...]
    principals: int
    changed: tuple[str, ...]

    @property
    def different(self) -> tuple[FigureGroup, ...]:
        """Return the figures that differ."""
        return tuple(one for one in self.figures if not one.equal)

    @property
    def holds(self) -> bool:
        """Return whether every figure was recomputed and is equal."""
        return not self.different and not self.forgotten


def prove(
    home: Home,
    *,
    now: datetime,
    days: int,
    last: date | None = None,
    registered: Sequence[Reading] | None = None,
    roles: Sequence[Role] = ROLES,
    cafes: Sequence[str] | None = None,
) -> Proof:
    """Compare every figure for every role with all cafés, and with each café alone.

    Args:
        home: The home.
        now: The present moment.
        days: The number of days that are compared one by one; periods end with the last of them.
        last: The last day; by default the latest one with sessions that is over.
        registered: The readings; by default all registered ones.
        roles: The roles.
        cafes: The cafés that are compared alone; by default each.

    Raises:
        NothingToCompare: no day can be compared.
    """
    chosen = tuple(registered) if registered is not None else readings()
    day = last or _latest(home, before=business_day(now))
    compared = tuple(day - timedelta(days=back) for back in reversed(range(days)))
    simulated = home.kind == "demo"
    readers = [
        Reader(home, Principal("proof", "proof@localhost", role, cafes, 0), simulated, now, compared)
        for cafes in (None, *(frozenset({cafe}) for cafe in (home.cafes().ids if cafes is None else cafes)))
        for role in roles
    ]
    with Recomputing(home) as recomputing:
        missing = tuple(
            f"{reading.page} {reading.name}: {figure}" for reading, figure in forgotten(chosen, recomputing)
        )
        figures = compare(chosen, readers, recomputing)
        after = {name: home.lake().version(table) for name, table in TABLES.items()}
        changed = tuple(name for name, version in after.items() if version != recomputing.versions.get(name))
    return Proof(tuple(figures), missing, compared, len(readers), changed)


def _latest(home: Home, *, before: date) -> date:
    known = [day for day in home.lake().bytes_by_day(SESSIONS) if day < before]
    if not known:
        raise NothingToCompare(
            "The lake has no past day with sessions.",
            remedy="Land days first: `pilot demo`, or `pilot journey aurora` and wait for the rebuild; or give --last.",
        )
    return max(known)
