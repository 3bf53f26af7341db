"""Dagster's page: every attack is refused, and whoever used the link can change things."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from websockets.sync.client import connect

from assets.by_hand.materializing import PlannedRun
from assets.by_hand.running import submit
from operations.dagster_page.sign_in import make_link
from operations.system import DAGSTER_FOLDER
from pilot.settings import Settings
from storage.home import open_home
from tests.attacks.dagster_commands import ATTACKS, GUARDED, Page, served

pytestmark = [pytest.mark.slow, pytest.mark.processes, pytest.mark.xdist_group("dagster_page")]
ENDS_THE_SERVER = "an image's address ends the code server"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("home") / DAGSTER_FOLDER
    folder.mkdir(mode=0o700)
    with served(GUARDED, folder) as page:
        yield page


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_changes_nothing_and_reads_nothing(page: Page, name: str) -> None:
    assert not ATTACKS[name](page)
    assert page.sensor_status() == "RUNNING"


def test_the_link_signs_in_once_and_then_the_sensor_can_be_stopped(page: Page) -> None:
    link = make_link(page.folder, url=page.url, now=datetime.now(UTC))
    with httpx.Client(trust_env=False, timeout=30.0) as browser:
        opened = browser.get(link)
        assert opened.status_code == 303
        cookie = opened.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie
        asked = {"query": "{ permissions { permission value } }"}
        permissions = browser.post(f"{page.url}/graphql", json=asked, headers={"Origin": page.url}).json()["data"]
        assert any(each["value"] for each in permissions["permissions"])
        stopped = browser.post(f"{page.url}/graphql", json={"query": page.stop}, headers={"Origin": page.url})
        assert stopped.status_code == 200
        assert page.sensor_status() == "STOPPED"
        start = f"mutation {{ resetSensor(sensorSelector: {selector(page)}) {{ __typename }} }}"
        assert browser.post(f"{page.url}/graphql", json={"query": start}).status_code == 200
        assert page.sensor_status() == "RUNNING"
    assert httpx.get(link, trust_env=False).status_code == 403


def selector(page: Page) -> str:
    return f'{{repositoryName: "__repository__", repositoryLocationName: "{page.location}", sensorName: "watcher"}}'


def test_without_the_link_dagsters_page_disables_its_buttons(page: Page) -> None:
    asked = {"query": "{ permissions { permission value } }"}
    data = httpx.post(f"{page.url}/graphql", json=asked, trust_env=False).json()["data"]
    assert data["permissions"] and not any(each["value"] for each in data["permissions"])


def test_dagsters_own_page_opens_its_websocket(page: Page) -> None:
    address = page.url.replace("http", "ws", 1) + "/graphql"
    with connect(address, origin=page.url, subprotocols=["graphql-ws"], proxy=None) as socket:
        socket.send('{"type": "connection_init"}')
        assert "connection_ack" in socket.recv(timeout=30.0)


def test_a_mutation_over_dagsters_websocket_is_refused(page: Page) -> None:
    address = page.url.replace("http", "ws", 1) + "/graphql"
    with connect(address, origin=page.url, subprotocols=["graphql-ws"], proxy=None) as socket:
        query = page.stop.replace('"', '\\"')
        socket.send('{"type": "start", "id": "1", "payload": {"query": "' + query + '"}}')
        assert "read-only" in socket.recv(timeout=30.0)
    assert page.sensor_status() == "RUNNING"


def test_the_commands_of_the_same_home_submit_runs_without_a_link(page: Page) -> None:
    port = int(page.url.rpartition(":")[2])
    home = open_home(Settings(home=page.folder.parent, dagster_port=port))
    assert submit(PlannedRun(job="__ASSET_JOB", assets=("numbers",), tags={}), home=home)
