"""The pages of a home, served by a process of their own, and a browser that is signed in to them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from operations.access.cookie import LOOPBACK_NAME
from pilot.settings import read_settings
from storage.home import Home, open_home
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""
STARTS_WITHIN_SECONDS = 60
AXE_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


class Address(str):
    """The address of the served pages, with the token of an administrator's sign-in."""

    token = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": f"{LOOPBACK_NAME}={self.token}"}


class SignedIn:
    """A browser whose pages carry the cookie of a sign-in."""

    def __init__(self, browser: Browser, token: str) -> None:
        self._browser = browser
        self._state = {
            "cookies": [{"name": LOOPBACK_NAME, "value": token, "domain": "127.0.0.1", "path": "/", "expires": -1,
                         "httpOnly": True, "secure": False, "sameSite": "Lax"}],
            "origins": [],
        }  # fmt: skip

    def new_page(self, **options: object) -> Page:
        return self._browser.new_page(storage_state=self._state, **options)


def demo_home_in(folder: Path) -> Home:
    """Return the demo home in a folder; create it if it is not there."""
    settings = {"PILOT_HOME": str(folder / "home"), "PILOT_CAFES_FILE": str(ROOT / "cafes.toml")}
    return open_home(read_settings(settings), kind="demo")


@contextmanager
def serve(home: Home, *, log: Path) -> Iterator[Address]:
    """Serve the pages of a home on a free port, and stop at the end; the address has no token yet."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = Address(f"http://127.0.0.1:{port}")
    environment = os.environ | {"PILOT_HOME": str(home.root), "PILOT_CAFES_FILE": str(ROOT / "cafes.toml")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "dashboards/server.py", "--server.port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        until(lambda: process.poll() is not None or _healthy(address), seconds=STARTS_WITHIN_SECONDS, what="the pages")
        assert process.poll() is None, log.read_text()
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def launched() -> Iterator[Browser]:
    """Start a Chromium, and close it at the end."""
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()
