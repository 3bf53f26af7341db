"""Reports a dip inside the day: many of a café's latest answers are negative.

The condition is evaluated every minute, because it changes with time as well as with new answers. An episode begins
when the condition holds and ends when it has not held for a whole window; each is reported once, also over restarts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from operations.watch.alerts.alert_records import Alert, AlertRecords
from operations.watch.alerts.table_watcher import TableWatcher
from pilot.business_days import business_day, local_time
from pilot.cafes import Cafe, Cafes
from pilot.lake_tables.tables import SCORED_FEEDBACK
from pilot.settings import Settings
from storage.lake import Lake
from storage.snapshot import Snapshot

ALERT = "dip"
RECORDS_NAME = "dips.ndjson"
DAYS = 2  # Two windows of at most twelve hours.


@dataclass(frozen=True, slots=True)
class DipRule:
    """When a café's answers are a dip: `percent` of at least `answers` within `window` are negative."""

    percent: int
    answers: int
    window: timedelta

    @classmethod
    def of(cls, settings: Settings) -> DipRule:
        """Return the rule that the settings give."""
        return cls(settings.dip_percent, settings.dip_answers, timedelta(minutes=settings.dip_minutes))

    def latest(self, answers: Sequence[Answer], *, at: datetime) -> list[Answer]:
        """Return the answers of the window that ends at a time."""
        return [each for each in answers if at - self.window < each.at <= at]

    def holds(self, answers: Sequence[Answer], *, at: datetime) -> bool:
        """Return whether the window that ends at a time is a dip."""
        latest = self.latest(answers, at=at)
        negative = sum(each.negative for each in latest)
        return len(latest) >= self.answers and negative * 100 >= self.percent * len(latest)

    def held_lately(self, answers: Sequence[Answer], *, now: datetime) -> bool:
        """Return whether the condition held at any time within the last window.

        It changes only when an answer arrives or leaves the window.
        """
        first = now - self.window
        changes = {first, *(each.at for each in answers), *(each.at + self.window for each in answers)}
        return any(self.holds(answers, at=change) for change in changes if first <= change <= now)


@dataclass(frozen=True, slots=True)
class Answer:
    """When a session was sent, and whether it is negative."""

    at: datetime
    negative: bool


def side_of(themes: str | None) -> Literal["positive", "mixed", "negative"] | None:
    """Return a session's side by its claims: that of the majority, mixed if equal, None without claims.

    Args:
        themes: The column `themes` of `scored_feedback`.
    """
    polarities = list(json.loads(themes or "{}").values())
    if not polarities:
        return None
    lean = polarities.count("positive") - polarities.count("negative")
    return "positive" if lean > 0 else "negative" if lean < 0 else "mixed"


class DipWatcher(TableWatcher):
    """Reports each café's dips once an episode."""

    def __init__(
        self,
        lake: Lake,
        *,
        cafes: Cafes,
        rule: DipRule,
        folder: Path,
        pages_url: str,
        simulated: bool,
        clock: Callable[[], datetime],
    ) -> None:
        """Initialise the watcher with the cafés, the rule and its records in `folder`; see `TableWatcher`."""
        records = folder / RECORDS_NAME
        super().__init__(
            lake, SCORED_FEEDBACK, days=DAYS, records=records, pages_url=pages_url, simulated=simulated, clock=clock
        )
        self._cafes = cafes
        self._rule = rule
        self._alerts = AlertRecords(records, clock=clock)
        self._answers: dict[str, list[Answer]] = {}

    def __call__(self) -> None:
        """Run once; while the lake cannot be read, no episode begins or ends."""
        if not self.refresh():
            return
        now = self._clock()
        firing = self._alerts.firing
        alerts = []
        for cafe in self._cafes.cafe:
            answers = self._answers.get(cafe.id, [])
            goes_on = (ALERT, self._subject(cafe)) in firing and self._rule.held_lately(answers, now=now)
            if goes_on or self._rule.holds(answers, at=now):
                alerts.append(self._alert(cafe, self._rule.latest(answers, at=now), now=now))
        self._alerts.report(alerts)

    def _report_new(self, snapshot: Snapshot, *, days: list[date], now: datetime) -> None:
        rows = snapshot.sql(
            "select cafe, completed_at, themes from scored_feedback "
            "where list_contains(?, day) and simulated = ? and turns_scored > 0 order by completed_at, session_id",
            [days, self._simulated],
        ).iter_rows()
        found: dict[str, list[Answer]] = {}
        for cafe, at, themes in rows:
            found.setdefault(cafe, []).append(Answer(at, side_of(themes) == "negative"))
        self._answers = found

    def _record_keys(self, record: dict[str, Any]) -> list[str]:
        return []  # `AlertRecords` remembers what is firing.

    def _subject(self, cafe: Cafe) -> str:
        return f"{cafe.id} simulated" if self._simulated else cafe.id

    def _alert(self, cafe: Cafe, latest: Sequence[Answer], *, now: datetime) -> Alert:
        since = local_time(now - self._rule.window)
        negative = sum(each.negative for each in latest)
        return Alert(
            name=ALERT,
            subject=self._subject(cafe),
            severity="medium",
            text=f"{'Simulated: ' if self._simulated else ''}{negative} of the {len(latest)} answers to {cafe.name} "
            f"since {since:%H:%M} are negative. Read them while the guests are there: "
            f"{self.link(cafe.id, business_day(now))}",
        )
