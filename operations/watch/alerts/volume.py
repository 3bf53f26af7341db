"""Reports unusual volumes of feedback, once an episode: an alert with hours, figures and a link.

The watch reads today and yesterday of the table `volume_anomalies` whenever it has a new version. An episode's key is
café, day and direction, because a rebuild may change its hours and figures; neither a rebuild nor a restart reports it
again.
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
from pilot.lake_tables.insight_tables import VOLUME_ANOMALIES
from pipelines.volume.episodes import COLUMNS, Episode, episodes
from storage.lake import Lake
from storage.snapshot import Snapshot

ALERT = "volume_anomaly"
DAYS = 2  # The last hours of a day are settled on the next.

_log = structlog.get_logger("operations.watch")


class VolumeWatcher(TableWatcher):
    """Reports each episode once."""

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
        records = folder / RECORDS_NAME
        super().__init__(
            lake, VOLUME_ANOMALIES, days=DAYS, records=records, pages_url=pages_url, simulated=simulated, clock=clock
        )
        self._cafes = cafes

    def _report_new(self, snapshot: Snapshot, *, days: list[date], now: datetime) -> None:
        rows = snapshot.sql(
            f"select {', '.join(COLUMNS)} from volume_anomalies "  # noqa: S608 - the columns' own names
            "where list_contains(?, day) and simulated = ?",
            [days, self._simulated],
        )
        for episode in episodes(rows):
            if episode.cafe in self._cafes.ids:
                link = self.link(episode.cafe, episode.day)
                self._report(episode, volume_alert(episode, cafe=self._cafes.get(episode.cafe), link=link), now=now)

    def _record_keys(self, record: dict[str, Any]) -> list[str]:
        return [record["subject"]] if record.get("name") == ALERT and "subject" in record else []

    def _report(self, episode: Episode, alert: Alert, *, now: datetime) -> None:
        if alert.subject in self.reported:
            return
        report(self._records.parent, alert, at=now, assets=[VOLUME_ANOMALIES.name], days=[episode.day.isoformat()])
        self.reported.add(alert.subject)
        _log.warning("alert", name=alert.name, subject=alert.subject, state="firing", severity=alert.severity)


def volume_alert(episode: Episode, *, cafe: Cafe, link: str) -> Alert:
    """Return an episode as an alert: received and expected feedback, and the likely cause."""
    first, last = (f"{local_time(moment):%H:%M}" for moment in (episode.start, episode.end))
    question = (
        "Is the sign up, and does its code scan?"
        if episode.direction == "low"
        else "Was the café that full? If not, check who sent it: pilot why, docs/signals.md."
    )
    return Alert(
        name=ALERT,
        subject=f"{cafe.id} {episode.day} {episode.direction}",
        severity="low",
        text=f"{cafe.name} got {episode.feedbacks} feedbacks between {first} and {last} on {episode.day}; "
        f"{episode.expected_low:.0f} to {episode.expected_high:.0f} were to be expected. {question} {link}",
    )
