"""Two processes on one home: one is killed in mid-session, the other continues the session."""

from __future__ import annotations

import asyncio
import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets

from pilot.business_days import session_day
from pilot.settings import Settings
from pipelines.feedback.sessions import sessions
from storage.home import open_home
from storage.landing.days import read_day
from storage.store.cafes import codes
from tests.edge_process import running_edge
from tests.ports import free_ports
from tests.waiting import DEADLINE_SECONDS

CHECKOUT = Path(__file__).parents[2]


async def until(socket: Any, kind: str, **match: object) -> tuple[dict[str, Any], str]:
    """Return the first matching message, and the last snapshot before it."""
    snapshot = ""
    async with asyncio.timeout(30):
        async for raw in socket:
            message = json.loads(raw)
            snapshot = message.get("snapshot", snapshot)
            if message["type"] == kind and all(message.get(name) == value for name, value in match.items()):
                return message, snapshot
    raise AssertionError(f"the connection closed before {kind}")


@pytest.mark.processes
@pytest.mark.recogniser
@pytest.mark.slow
async def test_a_session_of_a_killed_replica_finishes_on_the_other(tmp_path):
    home = open_home(Settings(home=tmp_path, cafes_file=CHECKOUT / "cafes.toml"))
    code = codes.issue(home.store(), cafe="goteborg", label="table", actor="test").code
    one, other = free_ports(2)
    devnull = asyncio.subprocess.DEVNULL
    async with (
        running_edge(tmp_path, port=one, stdout=devnull, replica="edge1") as first,
        running_edge(tmp_path, port=other, stdout=devnull, replica="edge2"),
    ):
        hello = {"type": "hello", "v": 1, "code": code, "language": "sv", "client": {"browser": "x"}, "simulated": True}
        async with websockets.connect(f"ws://127.0.0.1:{one}/ws/v1") as page:
            for message in (
                hello,
                {"type": "start", "mode": "text", "language": "sv"},
                {"type": "consent", "granted": True, "version": "2026-11", "scope": ["transcript"]},
                {"type": "text", "text": "Räkmackan var färsk men kön var hopplös"},
            ):
                await page.send(json.dumps(message))
            welcome, _ = await until(page, "welcome")
            _, snapshot = await until(page, "question", turn=2)
            first.send_signal(signal.SIGKILL)
            await first.wait()
        async with websockets.connect(f"ws://127.0.0.1:{other}/ws/v1") as page:
            await page.send(json.dumps({**hello, "resume": snapshot}))
            again, _ = await until(page, "welcome")
            assert (again["resumed"], again["session_id"]) == (True, welcome["session_id"])
            assert [turn["turn"] for turn in again["turns"]] == [1]
            await page.send(json.dumps({"type": "text", "text": "Vi stod tio minuter vid kassan vid lunch"}))
            _, later = await until(page, "review")
        async with httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client:
            sent = await client.post(
                f"http://127.0.0.1:{other}/v1/rest", headers={"X-Pilot-Resume": later or snapshot}, timeout=30
            )
        assert sent.status_code == 200, sent.text
    with home.append_log("edge1"):
        pass  # Opening its log publishes the events that the killed replica had acknowledged.
    events = read_day(home.segments(), session_day(welcome["session_id"])).frame.filter(
        session_id=welcome["session_id"]
    )
    assert set(events["edge"]) == {"edge1", "edge2"}
    summary = sessions(events, as_of=datetime.now(UTC) + timedelta(hours=1))
    assert summary["outcome"].to_list() == ["completed"]
    assert summary["turns"].to_list() == [2]
