"""The router: takes records in, plans messages, sends them, and tests every channel each month.

One call is one round. While the store is away, high alerts leave by the offline outbox, the one about the store
included; the records wait in their files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from operations.alerting.channels import Sender, senders
from operations.alerting.heartbeat import Heartbeat
from operations.alerting.messages import Places
from operations.alerting.offline import OfflineOutbox
from operations.alerting.outbox import Outbox
from operations.alerting.paging_test import plan_monthly
from operations.alerting.people import People, configured
from operations.alerting.planning import Planner
from operations.alerting.record_files import RecordFiles
from operations.record_lines import append_record
from operations.system import RUN_FOLDER
from operations.weekly.silence import current_silence
from pilot.contacts import Contacts
from pilot.errors import PilotError
from storage.contacts_file import read_contacts
from storage.errors import StoreAway, StoreUnusable
from storage.home import Home
from storage.store.alerts import deliveries, episodes, marks, retention
from storage.store.alerts.deliveries import Channel
from storage.store.engine import Store

RECORDS_NAME = "router.ndjson"
STORE_AWAY = "store_away"
AWAY_AFTER = timedelta(minutes=1)

_log = structlog.get_logger("operations.alerting")


class AlertRouter:
    """Carries alerts from their records to people."""

    def __init__(
        self,
        home: Home,
        *,
        clock: Callable[[], datetime],
        channels: Mapping[Channel, Sender] | None = None,
        heartbeat: Heartbeat | None = None,
        open_store: Callable[[], Store] | None = None,
    ) -> None:
        """Initialise the router.

        Args:
            home: The home.
            clock: Returns the current time, aware.
            channels: The senders; None for the settings' ones.
            heartbeat: The watchdog; None for the settings' one.
            open_store: Returns the store; None for the home's one.
        """
        self._home = home
        self._clock = clock
        self._open = open_store or home.store
        folder = home.root / RUN_FOLDER
        self._files = RecordFiles(folder)
        self._own = folder / RECORDS_NAME
        self._people = people_of(home)
        self._senders = channels if channels is not None else senders_of(home, self._people)
        self._places = places_of(home)
        self._offline = OfflineOutbox(folder, self._senders, self._people, places=self._places)
        self._heartbeat = heartbeat or Heartbeat(home.settings.alert_heartbeat_url.get_secret_value())
        self._away_since: datetime | None = None
        self._is_reported = False

    def __call__(self) -> None:
        """Run one round; errors are logged, and the next round tries again."""
        now = self._clock()
        try:
            self._round(self._open(), now=now)
        except (StoreAway, StoreUnusable) as error:
            self._without_store(now=now, reason=type(error).__name__)
            return
        except (PilotError, OSError) as error:
            _log.error("alerts cannot be routed", kind=type(error).__name__)
            return
        self._heartbeat(now=now)

    def _round(self, store: Store, *, now: datetime) -> None:
        quiet_before = marks.quiet_before(store, now=now)
        self._note_store(is_away=False, now=now)
        forgotten = retention.forgotten_before(now)
        recent = [each for each in self._files.changes() if each.at >= forgotten]
        episodes.apply(store, recent, quiet_before=quiet_before)
        self._files.confirm()
        if self._senders:
            plan_monthly(store, self._people, places=self._places, now=now)
        self._take_over(store)
        maintained = current_silence(self._home.root / RUN_FOLDER, now=now) is not None
        Planner(store, self._people)(now=now, quiet_before=quiet_before, only_high=maintained)
        Outbox(store, self._senders, places=self._places).send_due(now=now)

    def _without_store(self, *, now: datetime, reason: str) -> None:
        _log.error("alerts are sent without the store", kind=reason)
        try:
            self._note_store(is_away=True, now=now)
            # Not confirmed: the same records are applied when the store answers.
            self._offline.follow(self._files.changes())
            self._offline.send_due(now=now)
        except OSError as error:
            _log.error("alerts cannot be sent without the store", kind=type(error).__name__)

    def _take_over(self, store: Store) -> None:
        """Add the rows of the time without a store to the outbox, with their outcomes."""
        found = self._offline.outcomes()
        if found:
            deliveries.take_over(store, found)
            episodes.note_notified(store, {each.episode_id: each.created_at for each in found.values()})
        self._offline.forget()

    def _note_store(self, *, is_away: bool, now: datetime) -> None:
        """Record that the store has been away for a minute, and that it answers again."""
        if is_away:
            self._away_since = self._away_since or now
            if self._is_reported or now - self._away_since < AWAY_AFTER:
                return
        elif self._away_since is None:
            return
        else:
            self._away_since = None
            if not self._is_reported:
                return
        self._is_reported = is_away
        append_record(
            self._own,
            {
                "name": STORE_AWAY,
                "subject": "store",
                "severity": "high",
                "text": "The store does not answer. Guests can talk; rewards, tills and pages wait.",
                "state": "firing" if is_away else "resolved",
                "at": now.isoformat(),
            },
        )


def people_of(home: Home) -> People:
    """Return the people of an installation; nobody while the contacts' file cannot be read."""
    try:
        contacts = read_contacts(home.settings.contacts_file)
    except PilotError as error:
        _log.error("the contacts cannot be read", kind=type(error).__name__)
        contacts = Contacts()
    # A demo's alerts are about simulated guests: nobody is notified.
    channels = frozenset() if home.kind == "demo" else configured(home.settings)
    return People(contacts, channels, home.settings.alert_mail_to)


def senders_of(home: Home, people: People) -> dict[Channel, Sender]:
    """Return the senders of an installation; none in a demo."""
    return {} if home.kind == "demo" else senders(home.settings, people)


def places_of(home: Home) -> Places:
    """Return where messages of an installation lead."""
    return Places.of(home.cafes(), pages_url=home.settings.pages_url, docs_url=home.settings.docs_url)
