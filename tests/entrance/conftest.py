"""A home, its sign-in, and a browser-like client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from entrance import passwords
from entrance.app import create_app
from operations.access.cookie import LOOPBACK_NAME
from pilot.settings import read_settings
from storage.home import Home, open_home
from storage.store.access import accounts, links
from storage.store.access.accounts import Account

ROOT = Path(__file__).resolve().parents[2]
URL = "http://127.0.0.1:8500"
PAGES = "http://127.0.0.1:8501"
PASSWORD = "fyra ord som jag minns"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with little memory and time; the real parameters have a test of their own."""
    passwords._nobodys.cache_clear()
    monkeypatch.setattr(passwords, "_hasher", passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = open_home(
        read_settings({"PILOT_HOME": str(tmp_path / "home"), "PILOT_CAFES_FILE": str(ROOT / "cafes.toml")})
    )
    yield home
    home.store().close()


@pytest.fixture
def browser(home: Home) -> TestClient:
    return TestClient(create_app(home), base_url=URL, follow_redirects=False)


Invite = Callable[..., Account]


@pytest.fixture
def invite(home: Home) -> Invite:
    def invite(email: str = "anna@example.se", role: str = "manager", cafes: tuple[str, ...] = ("aurora",)) -> Account:
        return accounts.invite(
            home.store(), email=email, role=role, cafes=cafes or None, known_cafes=home.cafes().ids, actor="test"
        )

    return invite


def with_password(home: Home, account: Account, browser: TestClient, password: str = PASSWORD) -> None:
    """Accept an invitation, as the person does, and sign out again."""
    token = links.make(home.store(), account, kind="invitation", actor="test")
    assert browser.post("/invitation", data={"token": token, "password": password}).status_code == 303
    browser.post("/sign-out")
    browser.cookies.clear()


def sign_in(browser: TestClient, email: str = "anna@example.se", password: str = PASSWORD, wanted: str = ""):
    return browser.post("/sign-in", data={"email": email, "password": password, "next": wanted})


def is_signed_in(browser: TestClient) -> bool:
    return LOOPBACK_NAME in browser.cookies and browser.get("/account").status_code == 200
