"""Ordered restarts and more edges, commanded over the socket; no accepted write is lost."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from operations.code_socket import socket_path
from operations.commands import Commands
from operations.supervisor.control import NAME, CommandFailed, NotRunning, command, take_commands
from operations.switches.scaling import MIB, CannotScale, Room, check
from operations.system import MOST_EDGES, edge_replica, make_system, processes
from pilot.settings import read_settings
from tests.operations.fake_children import STAY, child
from tests.operations.test_supervisor import QUICK, supervise, until

pytestmark = pytest.mark.slow

# Appends a number for each line it accepts on a socket, and saves the rest at SIGTERM only, as an edge publishes.
SAVING = """
import socket
kept = []
def save(*_):
    with open('saved.txt', 'a') as file: file.write(''.join(f'{n}\\n' for n in kept))
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
server = socket.create_server(('127.0.0.1', PORT), reuse_port=True)
ready()
while True:
    peer, _ = server.accept()
    with peer:
        number = peer.recv(64).decode()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        kept.append(number)
        peer.sendall(b'ok')
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
"""


def steps_of(run_folder: Path, request: dict) -> list[str]:
    return [each.rsplit(" in ", 1)[0] for each in command(run_folder, request)]


def noted(name: str, folder: Path, after: tuple[str, ...] = ()):
    return child(name, "ready()\n" + STAY, folder=folder, after=after)


async def test_dependents_stop_first_and_start_last_and_others_go_on(tmp_path: Path) -> None:
    run = tmp_path / "home/.run"
    code = noted("code-server", tmp_path)
    page, daemon = (noted(name, tmp_path, ("code-server",)) for name in ("webserver", "daemon"))
    async with supervise(tmp_path, daemon, page, code, noted("edge", tmp_path)) as running:
        async with take_commands(run, Commands(None, running)):  # type: ignore[arg-type] # no edge is added
            before = {name: each.pid for name, each in running.processes.items()}
            steps = await asyncio.to_thread(steps_of, run, {"do": "restart", "names": ["code-server"]})
            assert steps[:3] == ["webserver stopped", "daemon stopped", "code-server stopped"]
            assert steps[3] == "code-server ready" and set(steps[4:]) == {"daemon ready", "webserver ready"}
            after = {name: each.pid for name, each in running.processes.items()}
            assert {name for name in before if before[name] != after[name]} == {"code-server", "webserver", "daemon"}
            everything = await asyncio.to_thread(steps_of, run, {"do": "restart", "names": []})
            assert len(everything) == 8 and sum("stopped" in each for each in everything[:4]) == 4
            for wrong in ({"do": "restart", "names": ["nothing"]}, {"do": "reboot"}, {"names": []}, {"do": "restart"}):
                with pytest.raises(CommandFailed):
                    await asyncio.to_thread(steps_of, run, wrong)
        assert {each.state for each in running.processes.values()} == {"ready"}
    with pytest.raises(NotRunning, match="does not run"):
        steps_of(run, {"do": "restart", "names": []})


async def test_no_accepted_write_is_lost_over_restarts_and_two_commands_take_turns(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    run, accepted, stop = tmp_path / "home/.run", [], asyncio.Event()

    async def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(str(number).encode())
                if await reader.read(2) == b"ok":
                    accepted.append(number)
                writer.close()
            except OSError:
                await asyncio.sleep(0)

    saving = child("edge", f"PORT = {port}\n" + SAVING, folder=tmp_path)
    async with supervise(tmp_path, saving) as running, take_commands(run, Commands(None, running)):  # type: ignore[arg-type]
        writing = asyncio.create_task(write())
        await until(lambda: len(accepted) > 20)
        request = {"do": "restart", "names": ["edge"]}
        both = await asyncio.gather(*(asyncio.to_thread(steps_of, run, request) for _ in range(2)))
        assert both == [["edge stopped", "edge ready"]] * 2
        assert running.processes["edge"].starts == 3
        seen = len(accepted)
        await until(lambda: len(accepted) > seen + 20)
        stop.set()
        await writing
    saved = [int(each) for each in (tmp_path / "saved.txt").read_text().split()]
    assert set(accepted) <= set(saved) and len(saved) == len(set(saved))


async def test_a_process_in_a_crash_loop_is_restarted_at_once_once_its_fault_is_gone(tmp_path: Path) -> None:
    slow = replace(QUICK, first_delay_seconds=3600.0, longest_delay_seconds=3600.0)
    body = "if pathlib.Path('broken').exists(): sys.exit(3)\nready()\n" + STAY
    run = tmp_path / "home/.run"
    async with (
        supervise(tmp_path, child("edge", body, folder=tmp_path), policy=slow) as running,
        take_commands(run, Commands(None, running)),  # type: ignore[arg-type]
    ):
        (tmp_path / "broken").touch()
        pid = running.processes["edge"].pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await until(lambda: running.processes["edge"].state == "restarting")
        (tmp_path / "broken").unlink()
        steps = await asyncio.to_thread(steps_of, run, {"do": "restart", "names": ["edge"]})
        assert steps == ["edge stopped", "edge ready"]


async def test_a_process_that_does_not_come_back_is_reported_with_its_log(tmp_path: Path) -> None:
    body = "if pathlib.Path('broken').exists(): print('the disk is full'); sys.exit(3)\nready()\n" + STAY
    run = tmp_path / "home/.run"
    async with supervise(tmp_path, child("edge", body, folder=tmp_path)) as running:
        running._policy = replace(QUICK, ready_seconds=1.0)
        async with take_commands(run, Commands(None, running)):  # type: ignore[arg-type]
            (tmp_path / "broken").touch()
            with pytest.raises(CommandFailed, match="the disk is full"):
                await asyncio.to_thread(steps_of, run, {"do": "restart", "names": ["edge"]})
            (tmp_path / "broken").unlink()
            await until(lambda: running.processes["edge"].ready_now.is_set())


async def test_edges_are_added_and_taken_away_and_the_first_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operations.commands.edge_replica", lambda _, number: noted(f"edge{number}", tmp_path))
    run = tmp_path / "home/.run"
    async with (
        supervise(tmp_path, noted("edge", tmp_path)) as running,
        take_commands(run, Commands(None, running)),  # type: ignore[arg-type]
    ):
        first = running.processes["edge"].pid
        assert await asyncio.to_thread(steps_of, run, {"do": "scale", "edge": 3}) == ["edge2 ready", "edge3 ready"]
        record = json.loads((run / "processes.json").read_text())["processes"]
        assert set(record) == {"edge", "edge2", "edge3"}
        assert await asyncio.to_thread(steps_of, run, {"do": "scale", "edge": 3}) == []
        assert await asyncio.to_thread(steps_of, run, {"do": "scale", "edge": 1}) == [
            "edge3 stopped",
            "edge2 stopped",
        ]
        assert running.processes["edge"].pid == first and set(running.processes) == {"edge"}
        for wrong in (0, MOST_EDGES + 1, "many"):
            with pytest.raises(CommandFailed):
                await asyncio.to_thread(steps_of, run, {"do": "scale", "edge": wrong})


async def test_the_socket_is_private_and_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    run = tmp_path / "home/.run"
    run.mkdir(parents=True, mode=0o755)
    path = socket_path(run, NAME)
    path.write_text("left behind")
    async with take_commands(run, Commands(None, None)):  # type: ignore[arg-type]
        assert stat.S_ISSOCK(path.stat().st_mode)
        assert path.parent.stat().st_mode & 0o777 == 0o700
        with pytest.raises(CommandFailed, match="not understood"):
            await asyncio.to_thread(steps_of, run, {"do": ["x"] * 2000})
    assert not path.exists()


def test_an_added_edge_has_a_name_of_its_own_and_the_same_port(home, environment) -> None:
    system = make_system(home, environment=environment)
    first = next(each for each in processes(system) if each.name == "edge")
    second = edge_replica(system, 2)
    settings = read_settings(second.environment)
    assert settings.edge_port == read_settings(first.environment).edge_port
    assert settings.replica == "edge1x2" and second.ports == () and second.command == first.command
    assert second.ready.describe() == "edge1x2.alive to be written"


ROOM = Room(running=1, edge_bytes=1000 * MIB, available_bytes=3000 * MIB, total_bytes=8000 * MIB, cores=4)


@pytest.mark.parametrize(("edges", "fits"), [(1, True), (2, True), (3, True), (4, False), (0, False), (9, False)])
def test_more_edges_than_the_memory_carries_are_refused_with_the_figures(home, environment, edges, fits) -> None:
    system = make_system(home, environment=environment)
    assert ROOM.most == 3
    if fits:
        notes = check(system, ROOM, edges=edges, hosts=1)
        assert any("PILOT_REDIS_URL" in note for note in notes) is (edges > 1)
        assert any("not more speech" in note for note in notes) is (edges > 2)
        return
    with pytest.raises(CannotScale) as caught:
        check(system, ROOM, edges=edges, hosts=1)
    if edges == 4:
        assert "would leave 0 MiB" in caught.value.what and "required: 800 MiB" in caught.value.what
        assert "at most 3" in caught.value.remedy


def test_edges_on_several_hosts_need_a_store_that_they_share(home, environment) -> None:
    with pytest.raises(CannotScale, match="the store is SQLite") as caught:
        check(make_system(home, environment=environment), ROOM, edges=2, hosts=2)
    assert "PostgreSQL" in caught.value.remedy and "Redis" in caught.value.remedy
    shared = {
        "PILOT_STORE_URL": "postgresql+psycopg2://pilot:x@db/pilot",
        "PILOT_LANDING_URL": "s3://bucket/landing",
        "PILOT_REDIS_URL": "redis://cache:6379/0",
        "PILOT_SECRET_KEY": "a-key-of-twenty-letters",
    }
    home.settings = read_settings({**environment, **shared})
    assert check(make_system(home, environment={**environment, **shared}), ROOM, edges=2, hosts=2) == []
