"""A phone-sized Chromium with a microphone that plays a file, and a fake edge."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.voice_edge.page.fake_edge import FakeEdge, cafes
from tests.waiting import DEADLINE_SECONDS

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--autoplay-policy=user-gesture-required"]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def speech_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a WAV with spoken Swedish."""
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    subprocess.run(["espeak-ng", "-v", "sv", "-w", path, "Kardemummabullen var god men kön var lång."], check=True)
    return path


@pytest.fixture(scope="module")
def launch() -> Iterator[Callable[..., Browser]]:
    """Return a function that starts a Chromium with extra flags."""
    with sync_playwright() as playwright:
        browsers: list[Browser] = []

        def start(*flags: str) -> Browser:
            browsers.append(playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags]))
            return browsers[-1]

        yield start
        for browser in browsers:
            browser.close()


@pytest.fixture(scope="module")
def browser(launch: Callable[..., Browser], speech_file: Path) -> Browser:
    """Return a browser whose microphone plays the speech file and is always allowed."""
    return launch(
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={speech_file}",
    )


@pytest.fixture
def edge() -> Iterator[FakeEdge]:
    fake = FakeEdge(cafe=cafes()[0])
    fake.run()
    yield fake
    fake.stop()


@pytest.fixture
def open_page(edge: FakeEdge, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Return a function that opens the customer's page; fail on errors, faults and foreign requests."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def opened(language: str = "sv", *, path: str = "", using: Browser | None = None, **options: Any) -> Page:
        context = (using or browser).new_context(viewport=PHONE, locale="sv-SE", **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(DEADLINE_SECONDS * 1000)

        def console(message: ConsoleMessage) -> None:
            known = ("WebSocket", "status of 404", "status of 503")  # responses that tests provoke
            if message.type == "error" and not any(each in message.text for each in known):
                complaints.append(message.text)

        page.on("console", console)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith((edge.address, "data:", "blob:")) else complaints.append(request.url)
            ),
        )
        page.goto(f"{edge.address}{path or f'/c/ABC234?lang={language}'}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert edge.faults == []
