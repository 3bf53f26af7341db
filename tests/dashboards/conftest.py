"""A temporary home, a fixed moment, and the pages run on them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from dashboards.entitled_lake import EntitledLake
from pilot.access import Principal
from pilot.errors import PilotError
from pilot.settings import read_settings
from storage.home import Home, open_existing_home, open_home
from storage.store.access import accounts, sign_ins
from tests.dashboards.served_pages import ROOT, Address, SignedIn, demo_home_in, launched, serve

NOW = datetime(2026, 11, 23, 14, 32, tzinfo=UTC).replace(hour=13)  # 14:32 in Stockholm
TODAY = date(2026, 11, 23)
EVERYONE = Principal("1", "admin@example.se", "admin", None, 1)


@pytest.fixture(autouse=True)
def no_search_for_components(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out AppTest's search of installed packages for components, which takes a second."""
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", list)


@pytest.fixture(autouse=True)
def own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set PILOT_HOME to a temporary folder, stop the clock, and empty the caches."""
    for name in [name for name in os.environ if name.startswith("PILOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PILOT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PILOT_CAFES_FILE", str(ROOT / "cafes.toml"))
    monkeypatch.setattr("dashboards.visit.now", lambda: NOW)
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(scope="session")
def served_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return the demo home of two weeks that `server` serves."""
    return demo_home_in(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="session")
def server(served_home: Home) -> Iterator[Address]:
    """Serve the home of two weeks; return its address, with an administrator's sign-in."""
    from tests.dashboards import two_weeks

    folder = served_home.root.parent
    token = two_weeks.fill(served_home, folder=folder)
    with serve(served_home, log=folder / "log") as address:
        address.token = token
        yield address


@pytest.fixture(scope="module")
def chromium(server: Address) -> Iterator[SignedIn]:
    """Return a browser that is signed in to `server`."""
    with launched() as browser:
        yield SignedIn(browser, server.token)


@pytest.fixture
def home() -> Home:
    return open_home(read_settings(dict(os.environ)))


@pytest.fixture
def demo_home() -> Home:
    return open_home(read_settings(dict(os.environ)), kind="demo")


@pytest.fixture
def visit_pages(monkeypatch: pytest.MonkeyPatch) -> Callable[[], AppTest]:
    """Return a function that runs the entry as on a loopback server, signed in with every permission."""
    real = st.get_option
    monkeypatch.setattr(st, "get_option", lambda name: "127.0.0.1" if name == "server.address" else real(name))

    def visit(role: str = "admin", cafes: tuple[str, ...] = ()) -> AppTest:
        """Open the pages in the settings' home; a home that cannot be opened has nobody signed in."""
        with contextlib.suppress(PilotError):
            token = sign_in(open_existing_home(read_settings(dict(os.environ))), role=role, cafes=cafes)
            monkeypatch.setattr("dashboards.signed_in.token", lambda: token)
        return AppTest.from_file(ROOT / "dashboards" / "app.py", default_timeout=30)

    return visit


def entitled(home: Home, principal: Principal = EVERYONE) -> EntitledLake:
    """Return the lake as the pages open it for a principal."""
    return EntitledLake(home.lake(), principal, home_key=str(home.root), confirm=lambda: None)


def sign_in(home: Home, *, role: str = "admin", cafes: tuple[str, ...] = (), email: str = "") -> str:
    """Return the token of a new sign-in of an account with this role and these cafés."""
    account = accounts.invite(
        home.store(),
        email=email or f"{role}@example.se",
        role=role,
        cafes=cafes or None,
        known_cafes=home.cafes().ids,
        actor="tests",
    )
    token = sign_ins.begin(home.store(), account, method="link")
    assert token is not None
    return token
