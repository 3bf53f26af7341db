"""Dagster's page: every attack is refused, and only an account with the right can change things."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from websockets.sync.client import connect

from assets.by_hand.materializing import PlannedRun
from assets.by_hand.running import submit
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


def test_an_account_with_the_right_stops_and_starts_the_sensor(page: Page) -> None:
    headers = {"Origin": page.url, "Cookie": page.cookie}
    with httpx.Client(trust_env=False, timeout=30.0, headers=headers) as browser:
        asked = {"query": "{ permissions { permission value } }"}
        permissions = browser.post(f"{page.url}/graphql", json=asked).json()["data"]
        assert any(each["value"] for each in permissions["permissions"])
        stopped = browser.post(f"{page.url}/graphql", json={"query": page.stop})
        assert stopped.status_code == 200
        assert page.sensor_status() == "STOPPED"
        start = f"mutation {{ resetSensor(sensorSelector: {selector(page)}) {{ __typename }} }}"
        assert browser.post(f"{page.url}/graphql", json={"query": start}).status_code == 200
        assert page.sensor_status() == "RUNNING"


def selector(page: Page) -> str:
    return f'{{repositoryName: "__repository__", repositoryLocationName: "{page.location}", sensorName: "watcher"}}'


def test_dagsters_page_disables_its_buttons_for_a_reader(page: Page) -> None:
    asked = {"query": "{ permissions { permission value } }"}
    data = httpx.post(f"{page.url}/graphql", json=asked, headers={"Cookie": page.reader}, trust_env=False).json()[
        "data"
    ]
    assert data["permissions"] and not any(each["value"] for each in data["permissions"])


def test_dagsters_own_page_opens_its_websocket(page: Page) -> None:
    address = page.url.replace("http", "ws", 1) + "/graphql"
    with connect(
        address, origin=page.url, subprotocols=["graphql-ws"], proxy=None, additional_headers={"Cookie": page.reader}
    ) as socket:
        socket.send('{"type": "connection_init"}')
        assert "connection_ack" in socket.recv(timeout=30.0)


def test_a_mutation_over_dagsters_websocket_is_refused(page: Page) -> None:
    address = page.url.replace("http", "ws", 1) + "/graphql"
    with connect(
        address, origin=page.url, subprotocols=["graphql-ws"], proxy=None, additional_headers={"Cookie": page.reader}
    ) as socket:
        query = page.stop.replace('"', '\\"')
        socket.send('{"type": "start", "id": "1", "payload": {"query": "' + query + '"}}')
        assert "read-only" in socket.recv(timeout=30.0)
    assert page.sensor_status() == "RUNNING"


def test_the_commands_of_the_same_home_submit_runs_with_a_ticket(page: Page) -> None:
    port = int(page.url.rpartition(":")[2])
    home = open_home(Settings(home=page.folder.parent, dagster_port=port))
    assert submit(PlannedRun(job="__ASSET_JOB", assets=("numbers",), tags={}), home=home)
