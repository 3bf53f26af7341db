"""The edge as a process: on SIGTERM it sends its pages to another replica and publishes its log."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

import pytest
import websockets

from pilot.business_days import session_day
from pilot.settings import Settings
from storage.home import open_home
from storage.landing.days import read_day
from storage.store.cafes import codes
from tests.edge_process import running_edge
from tests.ports import free_ports

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.processes
@pytest.mark.recogniser
async def test_a_stopped_replica_closes_with_1001_and_publishes_its_log(tmp_path):
    home = open_home(Settings(home=tmp_path, cafes_file=CHECKOUT / "cafes.toml"))
    code = codes.issue(home.store(), cafe="goteborg", label="table", actor="test").code
    (port,) = free_ports(1)
    words = "Räkmackan var färsk men kön vid långbordet var hopplös"
    async with running_edge(tmp_path, port=port, stdout=asyncio.subprocess.PIPE) as process:
        async with websockets.connect(f"ws://127.0.0.1:{port}/ws/v1") as page:
            for message in (
                {
                    "type": "hello",
                    "v": 1,
                    "code": code,
                    "language": "sv",
                    "client": {"browser": "x"},
                    "simulated": True,
                },
                {"type": "start", "mode": "text", "language": "sv"},
                {"type": "consent", "granted": True, "version": "2026-11", "scope": ["transcript"]},
                {"type": "text", "text": words},
            ):
                await page.send(json.dumps(message))
            session_id = ""
            async with asyncio.timeout(20):
                async for raw in page:
                    message = json.loads(raw)
                    session_id = message.get("session_id", session_id)
                    if message["type"] == "question" and message["turn"] == 2:
                        break
            process.send_signal(signal.SIGTERM)
            with pytest.raises(websockets.ConnectionClosed) as closed:
                async with asyncio.timeout(20):
                    while True:
                        await page.recv()
            assert closed.value.rcvd.code == 1001
        output, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0
    lines = [json.loads(line) for line in output.decode().splitlines()]
    assert lines[-1]["event"] == "edge stopped"
    assert "Räkmackan" not in output.decode()
    assert "127.0.0.1:" not in "".join(line for line in output.decode().splitlines() if "edge starts" not in line)
    events = read_day(home.segments(), session_day(session_id)).frame.filter(session_id=session_id)
    assert events["event"].to_list() == [
        "page_opened",
        "session_started",
        "consent_decided",
        "utterance_committed",
        "reply_sent",
        "session_abandoned",
    ]
    assert "edge_stopped" in events["data"].to_list()[-1]
    assert not list((tmp_path / ".log").rglob("*.log"))
