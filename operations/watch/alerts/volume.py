"""Feedback that stayed away or poured in, told once an episode: a line of the alerts, with hours, figures and a link.

The table `volume_anomalies` says it; the watch looks at today and yesterday whenever the table has a new version. A
rebuild may change an episode's hours and figures: it is known by café, day and direction, and not told again, whether
the watch was started anew or the day was built anew.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import structlog

from operations.watch.alerts.alert_records import Alert
from operations.watch.alerts.run_alerts import RECORDS_NAME, report
from operations.watch.alerts.table_watcher import TableWatcher
from pilot.business_days import local_time
from pilot.cafes import Cafe, Cafes
from pilot.insight_tables import VOLUME_ANOMALIES
from pipelines.volume.episodes import COLUMNS, Episode, episodes
from storage.lake import Lake
from storage.snapshot import Snapshot

ALERT = "volume_anomaly"
DAYS = 2  # the last hours of a day are settled after it

_log = structlog.get_logger("operations.watch")


class VolumeWatcher(TableWatcher):
    """Tells each episode once."""

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
        """Take the cafés, for their names, and where the alerts are kept (`TableWatcher` for the others)."""
        records = folder / RECORDS_NAME
        super().__init__(
            lake, VOLUME_ANOMALIES, days=DAYS, records=records, pages_url=pages_url, simulated=simulated, clock=clock
        )
        self._cafes = cafes

    def _tell_news(self, snapshot: Snapshot, *, days: list[date], now: datetime) -> None:
        rows = snapshot.sql(
            f"select {', '.join(COLUMNS)} from volume_anomalies "  # noqa: S608 - the columns' own names
            "where list_contains(?, day) and simulated = ?",
            [days, self._simulated],
        )
        for episode in episodes(rows):
            if episode.cafe in self._cafes.ids:
                link = self.link(episode.cafe, episode.day)
                self._tell(episode, volume_alert(episode, cafe=self._cafes.get(episode.cafe), link=link), now=now)

    def _key_of(self, record: dict[str, Any]) -> str | None:
        return record.get("subject") if record.get("name") == ALERT else None

    def _tell(self, episode: Episode, alert: Alert, *, now: datetime) -> None:
        if alert.subject in self.told:
            return
        report(self._records.parent, alert, at=now, assets=[VOLUME_ANOMALIES.name], days=[episode.day.isoformat()])
        self.told.add(alert.subject)
        _log.warning("alert", name=alert.name, subject=alert.subject, state="firing", severity=alert.severity)


def volume_alert(episode: Episode, *, cafe: Cafe, link: str) -> Alert:
    """Return an episode as an alert: what came, what was to be expected, and what to look at."""
    first, last = (f"{local_time(moment):%H:%M}" for moment in (episode.start, episode.end))
    look_at = (
        "Is the sign up, and does its code scan?"
        if episode.direction == "low"
        else "Was the café that full? If not, look at who sent it: pilot why, docs/signals.md."
    )
    return Alert(
        name=ALERT,
        subject=f"{cafe.id} {episode.day} {episode.direction}",
        severity="low",
        text=f"{cafe.name} got {episode.feedbacks} feedbacks between {first} and {last} on {episode.day}, where "
        f"{episode.expected_low:.0f} to {episode.expected_high:.0f} were to be expected. {look_at} {link}",
    )
