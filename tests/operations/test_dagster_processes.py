"""Dagster as the pilot runs it: one page on a port, everything else on private sockets."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import psutil
import pytest

from operations.dagster_page import program_ticket
from operations.record_lines import records_of
from operations.serving import serve
from operations.supervisor import RestartPolicy
from operations.system import make_system
from operations.watch.alerts.stopped_automation import RECORDS_NAME, StoppedAutomationWatcher

pytestmark = [pytest.mark.slow, pytest.mark.processes, pytest.mark.timeout(900)]

READY_SECONDS = 600.0
SENSORS = """{ repositoriesOrError { ... on RepositoryConnection { nodes {
  sensors { name sensorState { id } } } } } }"""


def listening_ports(pid: int) -> set[int]:
    """Return the TCP ports that a process and its children listen on."""
    process = psutil.Process(pid)
    ports: set[int] = set()
    for each in (process, *process.children(recursive=True)):
        ports |= {one.laddr.port for one in each.net_connections("tcp") if one.status == psutil.CONN_LISTEN}
    return ports


async def test_only_dagsters_page_has_a_port_and_its_automation_runs(home, environment) -> None:
    system = make_system(home, environment=environment)
    policy = RestartPolicy(ready_seconds=READY_SECONDS)
    async with serve(system, only=("code-server", "webserver"), policy=policy) as serving:
        pids = {name: each.pid for name, each in serving.supervision.processes.items()}
        assert listening_ports(pids["code-server"] or 0) == set()
        assert listening_ports(pids["webserver"] or 0) == {home.settings.dagster_port}
        assert system.code_server_socket.is_socket()

        url = f"{system.dagster_url}/graphql"
        headers = {program_ticket.HEADER: program_ticket.make(system.dagster_home, now=datetime.now(UTC))}
        async with httpx.AsyncClient(timeout=60, trust_env=False) as stranger:
            assert (await stranger.post(url, json={"query": SENSORS})).status_code == 401
        async with httpx.AsyncClient(timeout=60, trust_env=False, headers=headers) as client:
            answer = (await client.post(url, json={"query": SENSORS})).json()
            (repository,) = answer["data"]["repositoriesOrError"]["nodes"]
            assert {each["name"] for each in repository["sensors"]} >= {"new_facts"}
            stop = f'mutation {{ stopSensor(id: "{repository["sensors"][0]["sensorState"]["id"]}") {{ __typename }} }}'
            async with httpx.AsyncClient(timeout=60, trust_env=False) as stranger:
                assert (await stranger.post(url, json={"query": stop})).status_code == 401
        watch = StoppedAutomationWatcher(home, clock=lambda: datetime.now(UTC))
        watch()
        assert list(records_of(system.run_folder / RECORDS_NAME)) == []
        async with httpx.AsyncClient(timeout=60, trust_env=False, headers=headers) as client:
            assert (await client.post(url, json={"query": stop})).status_code == 200
        watch()
        (reported,) = records_of(system.run_folder / RECORDS_NAME)
        assert reported["subject"] == repository["sensors"][0]["name"]
