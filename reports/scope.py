"""What a report covers: the cafés, the days, and whether its data is simulated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pilot.business_days import days_between
from pilot.cafes import Cafe, Cafes
from pilot.errors import PilotError
from pilot.lake_tables.report_tables import PILOT_REPORT
from pipelines.reports.report_days import report_days

if TYPE_CHECKING:
    from storage.home import Home

PERIOD = re.compile(r"([1-9]\d{0,2})-days")


class NoReport(PilotError):
    """There is no report of the wanted café, period or day."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A report's extent.

    Attributes:
        cafes: The cafés, in the file's order.
        whole: Whether these are all of the pilot's cafés.
        first: The first business day.
        last: The last one.
        planned_days: The pilot's length; the planned look is on its last day.
        simulated: Whether simulated rows are reported instead of real ones.
    """

    cafes: tuple[Cafe, ...]
    whole: bool
    first: date
    last: date
    planned_days: int
    simulated: bool

    @property
    def days(self) -> list[date]:
        """Return the covered days."""
        return list(days_between(self.first, self.last))

    @property
    def ids(self) -> list[str]:
        """Return the cafés' ids."""
        return [cafe.id for cafe in self.cafes]

    @property
    def final(self) -> bool:
        """Return whether the planned look is over, so that the verdicts decide."""
        return len(self.days) >= self.planned_days

    @property
    def name(self) -> str:
        """Return the report's name, which is the name of its folder."""
        return f"{self.last}{'' if self.whole else f'-{self.cafes[0].id}'}"


def find_scope(home: Home, *, period: str, cafe: str = "", day: date | None = None) -> Scope:
    """Return the scope of a report; by default of the newest reported day.

    Args:
        home: The home; a demo's report is one of simulated data.
        period: The pilot's length, as `30-days`.
        cafe: A café's id; empty for all.
        day: The last day covered; None for the newest.

    Raises:
        NoReport: the period is not the pilot's, or no day has been reported.
        UnknownCafe: the café is not in the file.
    """
    cafes = home.cafes()
    found = PERIOD.fullmatch(period)
    if found is None or int(found[1]) != cafes.pilot.days:
        raise NoReport(
            f"The period {period!r} is not the pilot's.",
            remedy=f"Use {cafes.pilot.days}-days: the report covers the pilot's days, which its file of cafés states.",
        )
    chosen = (cafes.get(cafe),) if cafe else cafes.cafe
    reported = sorted(home.lake().bytes_by_day(PILOT_REPORT))
    if day is not None and day not in reported:
        raise NoReport(
            f"The figures of {day} were not reported.",
            remedy=f"`pilot materialize --from {day} --select pilot_report`.",
        )
    if not reported:
        raise NoReport(
            "No day has been reported yet.",
            remedy="`pilot run` reports at 12:40; `pilot materialize --from DAY --select pilot_report` does it now.",
        )
    return scope_of(cafes, chosen, day=day or reported[-1], simulated=home.kind == "demo")


def scope_of(cafes: Cafes, chosen: tuple[Cafe, ...], *, day: date, simulated: bool) -> Scope:
    """Return the scope of a reported day."""
    days = report_days(cafes.pilot, day)
    return Scope(chosen, len(chosen) == len(cafes.cafe), days[0], days[-1], cafes.pilot.days, simulated)
