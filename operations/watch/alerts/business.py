"""Business alerts from the lake: low quality, low participation, and days without a customer count."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from operations.watch.alerts.alert_records import Alert, AlertRecords
from operations.watch.alerts.table_watcher import TableWatcher
from pilot.business_days import business_day, local_time
from pilot.cafes import Cafe, Cafes
from pilot.lake_tables.columns import Table
from pilot.lake_tables.tables import PILOT_KPIS, SCORED_FEEDBACK
from pilot.opening_hours import open_on
from storage.lake import Lake
from storage.snapshot import Snapshot

QUALITY_ALERT = "quality_low"
PARTICIPATION_ALERT = "participation_low"
COUNT_ALERT = "customer_count_missing"
QUALITY_RECORDS = "quality.ndjson"
PARTICIPATION_RECORDS = "participation.ndjson"

LOWEST_QUALITY = 65
LEAST_ANSWERS = 5  # The mean of fewer says nothing about a day.
ROLLING = timedelta(days=1)
LOWEST_PARTICIPATION = 0.08
COUNT_DUE = time(12)  # Stockholm's time on the next day: managers enter the count in the morning.
NO_COUNT = "no_count"


@dataclass(frozen=True, slots=True)
class Score:
    """When a session was sent, and its score."""

    at: datetime
    points: float


class CafesWatcher(TableWatcher):
    """Keeps each café's alerts while their conditions hold; evaluated every minute, also without new rows."""

    table: ClassVar[Table]
    days: ClassVar[int]
    records_name: ClassVar[str]

    def __init__(
        self,
        lake: Lake,
        *,
        cafes: Cafes,
        folder: Path,
        pages_url: str,
        simulated: bool,
        clock: Callable[[], datetime],
    ) -> None:
        """Initialise the watcher with the cafés and its records in `folder`; see `TableWatcher`."""
        records = folder / self.records_name
        super().__init__(
            lake, self.table, days=self.days, records=records, pages_url=pages_url, simulated=simulated, clock=clock
        )
        self._cafes = cafes
        self._alerts = AlertRecords(records, clock=clock)

    def __call__(self) -> None:
        """Run once; while the table cannot be read, no alert begins or ends."""
        if self.refresh():
            now = self._clock()
            self._alerts.report([alert for cafe in self._cafes.cafe for alert in self._current(cafe, now=now)])

    @abstractmethod
    def _current(self, cafe: Cafe, *, now: datetime) -> list[Alert]:
        """Return the alerts of a café whose conditions hold."""

    def _record_keys(self, record: dict[str, Any]) -> list[str]:
        return []  # `AlertRecords` remembers what is firing.


class QualityWatcher(CafesWatcher):
    """Alerts while a café's mean score of the last 24 hours is low."""

    table, days, records_name = SCORED_FEEDBACK, 2, QUALITY_RECORDS
    _scores: Mapping[str, list[Score]] = MappingProxyType({})

    def _current(self, cafe: Cafe, *, now: datetime) -> list[Alert]:
        found = quality_alert(cafe, self._scores.get(cafe.id, []), now=now)
        if found is None:
            return []
        return [replace(found, text=f"{found.text} {self.link(found.subject, business_day(now))}")]

    def _report_new(self, snapshot: Snapshot, *, days: list[date], now: datetime) -> None:
        rows = snapshot.sql(
            "select cafe, completed_at, score from scored_feedback "
            "where list_contains(?, day) and simulated = ? and turns_scored > 0 order by completed_at, session_id",
            [days, self._simulated],
        ).iter_rows()
        found: dict[str, list[Score]] = {}
        for cafe, at, score in rows:
            found.setdefault(cafe, []).append(Score(at, float(score)))
        self._scores = found


def quality_alert(cafe: Cafe, scores: list[Score], *, now: datetime) -> Alert | None:
    """Return the alert of a café whose mean score of the last 24 hours is below the limit."""
    latest = [each.points for each in scores if now - ROLLING < each.at <= now]
    if len(latest) < LEAST_ANSWERS:
        return None
    mean = sum(latest) / len(latest)
    if mean >= LOWEST_QUALITY:
        return None
    return Alert(
        QUALITY_ALERT,
        cafe.id,
        "medium",
        f"The {len(latest)} answers to {cafe.name} of the last 24 hours score {mean:.0f} points on average; the limit "
        f"is {LOWEST_QUALITY}. Are guests asked something that they can answer? Read some of them:",
    )


@dataclass(frozen=True, slots=True)
class Participation:
    """One café's participation on one day; no value without a customer count."""

    day: date
    started: float | None
    customers: float | None
    share: float | None
    why: str


class ParticipationWatcher(CafesWatcher):
    """Alerts while a café's last known participation is low, and for a day without a customer count."""

    table, days, records_name = PILOT_KPIS, 8, PARTICIPATION_RECORDS
    _by_cafe: Mapping[str, list[Participation]] = MappingProxyType({})

    def _current(self, cafe: Cafe, *, now: datetime) -> list[Alert]:
        return participation_alerts(cafe, self._by_cafe.get(cafe.id, []), now=now)

    def _report_new(self, snapshot: Snapshot, *, days: list[date], now: datetime) -> None:
        rows = snapshot.sql(
            "select cafe, day, numerator, denominator, value, coalesce(why, '') as why from pilot_kpis "
            "where list_contains(?, day) and simulated = ? and kpi = 'participation' order by day",
            [days, self._simulated],
        ).iter_rows()
        found: dict[str, list[Participation]] = {}
        for cafe, day, started, customers, share, why in rows:
            found.setdefault(cafe, []).append(Participation(day, started, customers, share, why))
        self._by_cafe = found


def participation_alerts(cafe: Cafe, days: list[Participation], *, now: datetime) -> list[Alert]:
    """Return a café's alerts: low on its last complete day with a figure; no count yesterday, from noon.

    Args:
        cafe: The café.
        days: Its last days, oldest first.
        now: The current time, aware.
    """
    today = business_day(now)
    found = []
    known = [each for each in days if each.day < today and each.share is not None]
    if known and known[-1].share is not None and known[-1].share < LOWEST_PARTICIPATION:
        last = known[-1]
        found.append(
            Alert(
                PARTICIPATION_ALERT,
                cafe.id,
                "medium",
                f"{last.started:.0f} of {last.customers:.0f} customers of {cafe.name} took part on {last.day}, "
                f"{last.share:.1%}; the limit is {LOWEST_PARTICIPATION:.0%}. Is the sign up, and does the staff "
                "mention it?",
            )
        )
    yesterday = today - timedelta(days=1)
    is_due = local_time(now).time() >= COUNT_DUE and open_on(cafe, yesterday)
    # Without a row the day was not built, as before the pilot's first day; stale figures alert by themselves.
    if is_due and any(each.day == yesterday and NO_COUNT in each.why.split(",") for each in days):
        found.append(
            Alert(
                COUNT_ALERT,
                f"{cafe.id} {yesterday}",
                "low",
                f"{cafe.name} has not reported its customers of {yesterday}, so the day has no participation. Ask the "
                "manager to enter them on the page Customers, or import the till's file: pilot counts import.",
            )
        )
    return found
