"""An installation whose channels are stand-ins, with a clock of its own, on each kind of store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from operations.alerting.router import AlertRouter
from operations.system import RUN_FOLDER, free_port
from operations.watch.alerts.alert_records import Alert, AlertRecords
from pilot.settings import Settings, read_settings
from storage.home import Home, open_home
from storage.store.alerts import deliveries, episodes
from storage.store.alerts.deliveries import Delivery
from storage.store.alerts.episodes import Episode
from storage.store.connect import open_store
from storage.store.engine import Store
from tests.operations.alerting.stand_ins import Elks, PagerDuty, Slack
from tests.postgresql import Cluster, running_cluster

MONDAY_NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)  # 12:00 in Stockholm
CONTACTS = """
[[person]]
role = "pilot_manager"
name = "Siv"
phone = "+46 70 100 00 01"
email = "siv@pilot.test"
[[person]]
role = "technical_lead"
name = "Ola"
phone = "+46 70 100 00 02"
email = "ola@pilot.test"
[[person]]
role = "devops"
name = "Eva"
phone = "+46 70 100 00 03"
email = "eva@pilot.test"
[[cafe]]
cafe = "aurora"
name = "Anna"
phone = "+46 8 100 00 04"
[[cafe]]
cafe = "malmohuset"
name = "Mia"
phone = "+46 40 100 00 05"
[[cafe]]
cafe = "goteborg"
name = "Gun"
phone = "+46 31 100 00 06"
"""


class Mailbox:
    """A real mail server's box."""

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], str]] = []
        self.refusal = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refusal:
            return self.refusal
        from email import message_from_bytes
        from email.policy import default

        letter = message_from_bytes(envelope.content, policy=default)
        self.letters.append((envelope.rcpt_tos, f"{letter['Subject']}\n{letter.get_content()}"))
        return "250 OK"


@dataclass
class Pilot:
    """An installation: its clock moves only when a test moves it."""

    home: Home
    slack: Slack
    incidents: Slack
    elks: Elks
    pager: PagerDuty
    mailbox: Mailbox
    now: datetime = MONDAY_NOON
    routers: list[AlertRouter] = field(default_factory=list)

    def clock(self) -> datetime:
        return self.now

    @property
    def folder(self) -> Path:
        return self.home.root / RUN_FOLDER

    @property
    def store(self) -> Store:
        store = self.home.store()
        store.now = self.clock
        return store

    def router(self, **options: Any) -> AlertRouter:
        return AlertRouter(self.home, clock=self.clock, **options)

    def start(self, **options: Any) -> None:
        """Start a router, and let it take over what is there."""
        self.routers = [self.router(**options)]
        self.turn()

    def turn(self, **passed: float) -> None:
        """Let time pass, and run one round."""
        self.now += timedelta(**passed)
        for each in self.routers:
            each()

    def run(self, *, until: datetime, every: timedelta = timedelta(seconds=30)) -> None:
        """Run rounds until a moment."""
        while self.now < until:
            self.turn(seconds=min(every, until - self.now).total_seconds())

    def report(self, *alerts: Alert, file: str = "payments.ndjson") -> None:
        AlertRecords(self.folder / file, clock=self.clock).report(alerts)

    def episodes(self) -> list[Episode]:
        return episodes.latest(self.store)

    def rows(self, **wanted: str) -> list[Delivery]:
        found = deliveries.since(self.store, datetime(2020, 1, 1, tzinfo=UTC))
        return [each for each in found if all(getattr(each, name) == value for name, value in wanted.items())]

    def refused(self) -> list[str]:
        """Return what a stand-in refused: a form that its service would not take."""
        return [*self.slack.errors, *self.incidents.errors, *self.elks.errors, *self.pager.errors]


def backup(subject: str = "main", text: str = "The newest backup is 7 hours old.") -> Alert:
    return Alert("backup_old", subject, "high", text)


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture
def store_urls(request: pytest.FixtureRequest) -> Callable[[str], str]:
    return lambda kind: "" if kind == "sqlite" else request.getfixturevalue("postgresql_cluster").new_store()


@pytest.fixture(params=["sqlite"])
def store_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def pilot(store_kind: str, store_urls: Callable[[str], str], tmp_path: Path) -> Iterator[Pilot]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    contacts = tmp_path / "contacts.toml"
    contacts.write_text(CONTACTS, encoding="utf-8")
    with Slack() as slack, Slack() as incidents, Elks() as elks, PagerDuty() as pager:
        settings: Settings = read_settings(
            {
                "PILOT_HOME": str(tmp_path / "home"),
                "PILOT_CONTACTS_FILE": str(contacts),
                "PILOT_STORE_URL": store_urls(store_kind),
                "PILOT_ALERT_SLACK_URL": slack.url,
                "PILOT_ALERT_SLACK_INCIDENTS_URL": incidents.url,
                "PILOT_ALERT_SMS_URL": elks.url,
                "PILOT_ALERT_PAGERDUTY_URL": pager.url,
                "PILOT_ALERT_MAIL_TO": "pilot-support@pilot.test",
                "PILOT_MAIL_FROM": "pilot@pilot.test",
                "PILOT_SMTP_URL": f"smtp://127.0.0.1:{controller.port}",
            }
        )
        made = Pilot(open_home(settings), slack, incidents, elks, pager, box)
        try:
            yield made
            assert made.refused() == []
        finally:
            made.home.store().close()
            controller.stop()


both_stores = pytest.mark.parametrize(
    "store_kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)

__all__ = ["open_store"]
