"""From the code to the manager's page: real system, real browser, audio file as microphone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from proving.journey.browser import microphone_file
from tests.ports import free_ports
from tests.waiting import DEADLINE_SECONDS, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.recogniser,
    pytest.mark.processes,
    pytest.mark.slow,
    pytest.mark.timeout(1500),
]

PILOT = Path(sys.executable).with_name("pilot")
ROOT = Path(__file__).parents[3]
READY_SECONDS = 480
FIGURES_SECONDS = 480
TALK_SECONDS = 240
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--use-fake-device-for-media-stream"]


@pytest.fixture(scope="module")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A guest who says something, is quiet while it is answered, and says the next thing."""
    return microphone_file(tmp_path_factory.mktemp("microphone") / "guest.wav", language="en")


class Running:
    """A `pilot run` of its own: home, ports, process."""

    def __init__(self, home: Path) -> None:
        edge, dagster, dashboards, entrance = free_ports(4)
        self.edge, self.dashboards = f"http://127.0.0.1:{edge}", f"http://127.0.0.1:{dashboards}"
        self.environment = {
            **os.environ,
            "PILOT_HOME": str(home),
            "PILOT_EDGE_PORT": str(edge),
            "PILOT_DAGSTER_PORT": str(dagster),
            "PILOT_DASHBOARDS_PORT": str(dashboards),
            "PILOT_ENTRANCE_PORT": str(entrance),
            "PILOT_PUBLIC_URL": self.edge,
            "PILOT_INTERVIEWER": "scripted",
        }
        self.output = home.with_suffix(".log")
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [PILOT, "run"],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def pilot(self, *arguments: str) -> str:
        done = subprocess.run(
            [PILOT, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=READY_SECONDS,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("run") / "home")
    try:
        until(
            lambda: "Everything is ready" in running.said() or running.process.poll() is not None,
            seconds=READY_SECONDS,
            what="the system",
            every=0.25,
        )
        assert running.process.poll() is None, running.said()
        family = psutil.Process(running.process.pid).children(recursive=True)
        yield running
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(timeout=READY_SECONDS) == 0, running.said()
        assert [child for child in family if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []
    finally:
        if running.process.poll() is None:
            running.process.kill()


@pytest.fixture
def phone(microphone: Path) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=[*FLAGS, "--use-fake-ui-for-media-stream", f"--use-file-for-fake-audio-capture={microphone}"],
        )
        page = browser.new_page(viewport={"width": 390, "height": 844}, locale="en-GB")
        page.set_default_timeout(TALK_SECONDS * 1000)
        yield page
        browser.close()


def test_what_a_guest_says_at_the_table_is_on_the_managers_page(running: Running, phone: Page) -> None:
    code = next(row for row in json.loads(running.pilot("qr", "list", "--json")) if row["cafe"] == "aurora")
    address = code["address"]
    picture = httpx.get(f"{running.edge}/qr/{code['code']}.svg", timeout=DEADLINE_SECONDS)
    assert picture.status_code == 200
    assert "<svg" in picture.text

    phone.goto(f"{address}?lang=en")
    phone.click("#choose-voice")
    phone.click("#agree")
    expect(phone.locator("body")).to_have_attribute("data-screen", "review", timeout=TALK_SECONDS * 1000)
    heard = [box.input_value() for box in phone.locator("#answers textarea").all()]
    assert 1 <= len(heard) <= 3
    assert all(len(text.split()) >= 4 for text in heard), heard
    phone.click("#finish")
    phone.wait_for_url("**/r/*")
    expect(phone.locator(".reference")).to_be_visible()

    manager = phone.context.browser.new_page(viewport={"width": 1280, "height": 900})
    manager.goto(running.pilot("account", "link").strip())
    manager.get_by_role("button").click()
    words = " ".join(heard[0].split()[1:4]).strip(".,!?")

    def on_the_page() -> bool:
        manager.goto(f"{running.dashboards}/?kafe=aurora")
        quotes = manager.locator("blockquote", has_text=words)
        try:
            quotes.first.wait_for(timeout=DEADLINE_SECONDS * 1000)
        except Exception:
            return False
        return True

    until(on_the_page, seconds=FIGURES_SECONDS, what="the guest's words on the manager's page", every=0.25)


def test_every_service_is_healthy_and_a_session_passes_every_cafe_within_two_minutes(running: Running) -> None:
    healthy = json.loads(running.pilot("health", "staging", "--json"))
    assert {"edge", "daemon", "dashboards", "watch"} <= {each["name"] for each in healthy["findings"]}
    smoked = json.loads(running.pilot("smoke", "--json"))
    assert [each["name"] for each in smoked["cafes"]] == ["aurora", "malmohuset", "goteborg"]
    for cafe in smoked["cafes"]:
        assert {"opened the customer's page", "sent", "scored", "reward decided"} <= cafe["stages"].keys()
        assert cafe["stages"]["reward decided"] < 120
    assert json.loads(running.pilot("qr", "verify", "--json"))["ok"]


@pytest.mark.parametrize("cafe", ["aurora", "malmohuset", "goteborg"])
def test_the_journey_command_drives_a_browser_from_the_code_to_score_and_reward(running: Running, cafe: str) -> None:
    patience = ("--wait", str(FIGURES_SECONDS))
    travelled = json.loads(running.pilot("journey", cafe, "--browser", "--language", "en", *patience, "--json"))
    reached = [stage["name"] for stage in travelled["stages"]]
    assert {"opened the customer's page", "opened the customer's page in a browser", "sent"} <= {*reached}
    assert reached[-3:] == ["scored", "counted in the pilot's figures", "reward decided"]
    assert travelled["scored"]["score"] > 0
    assert travelled["cafe"] == cafe
    assert travelled["reward"].split()[0] in ("eligible", "held", "declined")


def test_the_access_of_every_account_is_tested_and_recorded(running: Running) -> None:
    running.pilot("account", "invite", "support@example.se", "--role", "support")
    attempts = json.loads(running.pilot("account", "access-test", "--json"))
    assert attempts
    assert {each["who"] for each in attempts} >= {"support@example.se"}
