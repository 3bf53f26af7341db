"""A home with two weeks of feedback, a mail server that remembers, and a clock that a test moves."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from operations.digest.sending import DigestSender
from pilot.settings import read_settings
from storage.home import Home, open_home
from storage.store.access import accounts
from storage.store.access.accounts import Account
from storage.store.outgoing.digests import Outcome
from tests.dashboards.theme_days import theme_day

ROOT = Path(__file__).resolve().parents[3]
WEEK = date(2026, 11, 30)
DUE = datetime(2026, 11, 30, 5, 0, tzinfo=UTC)  # 06:00 in Stockholm
BEFORE = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SETTINGS = {
    "PILOT_CAFES_FILE": str(ROOT / "cafes.toml"),
    "PILOT_ENTRANCE_URL": "https://pilot.example:8500",
    "PILOT_PAGES_URL": "https://pilot.example",
    "PILOT_MAIL_FROM": "pilot@pilot.example",
    "PILOT_SECRET_KEY": "x" * 32,
}


@pytest.fixture(scope="session")
def lake_of_two_weeks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a lake's folder: feedback of the fourteen days before WEEK, one of Saturday urgent."""
    folder = tmp_path_factory.mktemp("digest") / "home"
    made = open_home(read_settings({**SETTINGS, "PILOT_HOME": str(folder)}))
    for back in range(1, 15):
        urgent = ("aurora",) if back == 2 else ()
        theme_day(made.cafes(), WEEK - timedelta(days=back), urgent=urgent, busy=0.15).write(made.lake())
    return folder / "lake"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Return a home without any feedback: what is sent, and when, does not depend on it."""
    home = open_home(read_settings({**SETTINGS, "PILOT_HOME": str(tmp_path / "home")}))
    yield home
    home.store().close()


@pytest.fixture
def full_home(home: Home, lake_of_two_weeks: Path) -> Home:
    """Return a home with two weeks of feedback."""
    shutil.copytree(lake_of_two_weeks, home.root / "lake", dirs_exist_ok=True)
    return home


@dataclass
class Clock:
    """A clock that a test moves."""

    now: datetime = DUE

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Letterbox:
    """A mail server that remembers what it accepted, and answers as a test wants.

    Attributes:
        accepted: The accepted mails.
        answers: The outcomes of the next sendings; accepted when they are used up.
        crash: Raised after the mail was accepted, as if the process ended then.
    """

    accepted: list[EmailMessage] = field(default_factory=list)
    answers: list[Outcome] = field(default_factory=list)
    crash: BaseException | None = None
    begun: Callable[[], object] = lambda: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, mail: EmailMessage) -> Outcome:
        self.begun()
        with self.lock:
            outcome = self.answers.pop(0) if self.answers else Outcome("sent", "", 250)
            if outcome.state in ("sent", "unknown"):
                self.accepted.append(mail)
        if self.crash is not None:
            raise self.crash
        return outcome

    @property
    def subjects(self) -> list[tuple[str, str]]:
        return [(str(mail["To"]), str(mail["Subject"])) for mail in self.accepted]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def letterbox() -> Letterbox:
    return Letterbox()


@pytest.fixture
def sender(home: Home, clock: Clock, letterbox: Letterbox) -> DigestSender:
    return DigestSender(home, clock=clock, server=letterbox)


def invite(
    home: Home, email: str = "anna@example.se", *cafes: str, role: str = "manager", at: datetime = BEFORE
) -> Account:
    """Invite an account at a time before the digest is due."""
    store = home.store()
    real, store.now = store.now, lambda: at
    try:
        return accounts.invite(
            store, email=email, role=role, cafes=cafes or ("aurora",), known_cafes=home.cafes().ids, actor="test"
        )
    finally:
        store.now = real
