"""The sign-in in a real Chromium: by keyboard, at phone size, without a violation of WCAG."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from pilot.settings import read_settings
from storage.home import Home, open_home
from storage.store.access import accounts, links
from tests.entrance.conftest import PASSWORD, ROOT
from tests.ports import free_ports
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.processes]

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
STARTS_WITHIN_SECONDS = 60


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Serve the sign-in of a new home; the page after it is the account's own."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    settings = {
        "PILOT_HOME": str(tmp_path_factory.mktemp("entrance") / "home"), "PILOT_CAFES_FILE": str(ROOT / "cafes.toml"),
        "PILOT_ENTRANCE_PORT": str(port), "PILOT_PAGES_URL": f"{url}/account",
    }  # fmt: skip
    home = open_home(read_settings(settings))
    process = subprocess.Popen([sys.executable, "-m", "entrance"], cwd=ROOT, env={**os.environ, **settings})
    try:
        until(lambda: process.poll() is not None or _answers(f"{url}/health"), seconds=STARTS_WITHIN_SECONDS, what="it")
        assert process.poll() is None
        yield home
    finally:
        process.terminate()
        process.wait(timeout=20)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_invited_manager_gets_in_and_out_by_keyboard(served: Home, scheme: str, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    email = f"{scheme}@example.se"
    account = accounts.invite(
        served.store(), email=email, role="manager", cafes=["aurora"], known_cafes=served.cafes().ids, actor="test"
    )
    token = links.make(served.store(), account, kind="invitation", actor="test")
    url = served.settings.entrance_url
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 390, "height": 844}, locale="sv-SE", color_scheme=scheme)
        page.goto(f"{url}/invitation?token={token}")
        assert_accessible(page)
        page.keyboard.press("Tab")  # the language
        page.keyboard.press("Tab")
        page.keyboard.type("kort")
        page.evaluate("document.querySelector('form').noValidate = true")
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()
        assert "Lösenordet är för kort" in page.get_by_role("alert").inner_text()
        assert_accessible(page)
        page.get_by_label("Nytt lösenord").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Ditt konto").wait_for()
        assert "Café Aurora" in page.inner_text("main")
        assert_accessible(page)
        page.get_by_role("button", name="Logga ut", exact=True).press("Enter")
        page.get_by_role("heading", name="Logga in").wait_for()
        assert_accessible(page)
        page.get_by_label("E-postadress").fill(email)
        page.get_by_label("Lösenord").fill("det är inte det här")
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()
        page.get_by_label("Lösenord").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Ditt konto").wait_for()
        page.screenshot(path=tmp_path / "account.png")
        browser.close()


def assert_accessible(page) -> None:
    from axe_playwright_python.sync_playwright import Axe

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert {one["id"]: [node["target"] for node in one["nodes"]] for one in found.response["violations"]} == {}
