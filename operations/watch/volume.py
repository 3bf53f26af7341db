"""Feedback that stayed away or poured in, told once an episode: a line of the alerts, with hours, figures and a link.

The table `volume_anomalies` says it; the watch looks at today and yesterday whenever the table has a new version. A
rebuild may change an episode's hours and figures: it is known by café, day and direction, and not told again, whether
the watch was started anew or the day was built anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import structlog

from operations.watch.alert_records import Alert
from operations.watch.run_alerts import RECORDS_NAME, tell
from pilot.business_days import business_day, local_time
from pilot.cafes import Cafe, Cafes
from pilot.errors import PilotError
from pilot.insight_tables import VOLUME_ANOMALIES
from pipelines.volume.episodes import COLUMNS, Episode, episodes
from storage.lake import Lake

ALERT = "volume_anomaly"
DAYS = 2  # the last hours of a day are settled after it

_log = structlog.get_logger("operations.watch")


class VolumeDesk:
    """Tells each episode once; what fails is logged, and the next look comes."""

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
        """Take where to look and where to tell.

        Args:
            lake: The lake.
            cafes: The cafés, for their names.
            folder: Where the alerts are kept.
            pages_url: Where the managers' pages are.
            simulated: Whether simulated guests are looked at: in a demo only.
            clock: Now, aware.
        """
        self._lake = lake
        self._cafes = cafes
        self._folder = folder
        self._pages = pages_url.rstrip("/")
        self._simulated = simulated
        self._clock = clock
        self._version: int | None = None
        self._told: set[str] | None = None

    def __call__(self) -> None:
        """Look once."""
        try:
            version = self._lake.version(VOLUME_ANOMALIES)
            if version is None or version == self._version:
                return
            now = self._clock()
            for episode in self._found(now):
                self._tell(episode, now=now)
            self._version = version
        except (PilotError, OSError) as error:
            _log.error("feedback volume cannot be looked at", reason=type(error).__name__)

    def _found(self, now: datetime) -> list[Episode]:
        days = [business_day(now) - timedelta(days=back) for back in range(DAYS)]
        with self._lake.snapshot(VOLUME_ANOMALIES) as snapshot:
            rows = snapshot.sql(
                f"select {', '.join(COLUMNS)} from volume_anomalies "  # noqa: S608 - the columns' own names
                "where list_contains(?, day) and simulated = ?",
                [days, self._simulated],
            )
        return [each for each in episodes(rows) if each.cafe in self._cafes.ids]

    def _tell(self, episode: Episode, *, now: datetime) -> None:
        alert = volume_alert(episode, cafe=self._cafes.get(episode.cafe), pages_url=self._pages)
        told = self._already_told()
        if alert.subject in told:
            return
        # Written first: told twice is better than not at all.
        tell(self._folder, alert, at=now, assets=[VOLUME_ANOMALIES.name], days=[episode.day.isoformat()])
        told.add(alert.subject)
        _log.warning("alert", name=alert.name, subject=alert.subject, state="firing", severity=alert.severity)

    def _already_told(self) -> set[str]:
        if self._told is None:
            self._told = set()
            path = self._folder / RECORDS_NAME
            for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
                try:
                    record = json.loads(line)
                    if record["name"] == ALERT:
                        self._told.add(str(record["subject"]))
                except (ValueError, KeyError, TypeError):
                    continue  # a line that a power cut left half written
        return self._told


def volume_alert(episode: Episode, *, cafe: Cafe, pages_url: str) -> Alert:
    """Return an episode as an alert: what came, what was to be expected, and what to look at."""
    first, last = (f"{local_time(moment):%H:%M}" for moment in (episode.start, episode.end))
    look_at = (
        "Is the sign up, and does its code scan?"
        if episode.direction == "low"
        else "Was the café that full? If not, look at who sent it: pilot why, docs/signals.md."
    )
    link = f"{pages_url}/?{urlencode({'kafe': cafe.id, 'dag': episode.day.isoformat()})}"
    return Alert(
        name=ALERT,
        subject=f"{cafe.id} {episode.day} {episode.direction}",
        severity="low",
        text=f"{cafe.name} got {episode.feedbacks} feedbacks between {first} and {last} on {episode.day}, where "
        f"{episode.expected_low:.0f} to {episode.expected_high:.0f} were to be expected. {look_at} {link}",
    )
