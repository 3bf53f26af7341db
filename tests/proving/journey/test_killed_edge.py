"""The edge is killed in mid-session and started again: what it acknowledged is in the lake, once."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import websockets

from pilot.business_days import session_day
from pilot.lake_tables.tables import RAW_EVENTS
from pilot.settings import Settings
from pipelines.feedback.sessions import sessions
from storage.home import Home, open_home
from storage.landing.days import read_day
from storage.store.cafes import codes
from tests.edge_process import running_edge
from tests.ports import free_ports
from tests.waiting import DEADLINE_SECONDS

pytestmark = [pytest.mark.processes, pytest.mark.recogniser, pytest.mark.slow]

ROOT = Path(__file__).parents[3]
MESSAGE_SECONDS = 2 * DEADLINE_SECONDS
ANSWERS = (
    "Kaffet var kallt när det kom.",
    "Jag fick vänta tio minuter vid disken. Sätt en till i kassan vid lunch.",
)


class Guest:
    """A page that keeps what a page keeps: the last snapshot, and which events were acknowledged."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.session_id = ""
        self.snapshot: str | None = None
        self.acknowledged: set[tuple[int, int]] = set()

    async def say(self, socket: websockets.ClientConnection, **message: Any) -> None:
        await socket.send(json.dumps(message))

    async def hello(self, socket: websockets.ClientConnection) -> None:
        await self.say(
            socket,
            type="hello",
            v=1,
            code=self.code,
            language="sv",
            client={"browser": "Test"},
            simulated=True,
            resume=self.snapshot,
        )

    async def hear_until(self, socket: websockets.ClientConnection, kind: str) -> dict[str, Any]:
        async with asyncio.timeout(MESSAGE_SECONDS):
            async for raw in socket:
                message = json.loads(raw)
                self.session_id = message.get("session_id", self.session_id)
                if message["type"] == "ack":
                    self.snapshot = message["snapshot"]
                    for seq in range(message["seq"] + 1):
                        self.acknowledged.add((message["epoch"], seq))
                if message["type"] == kind:
                    return message
        raise AssertionError(f"no {kind} came")


async def test_what_a_killed_edge_acknowledged_is_in_the_lake_once(tmp_path):
    home: Home = open_home(Settings(home=tmp_path, cafes_file=ROOT / "cafes.toml"))
    guest = Guest(codes.issue(home.store(), cafe="aurora", label="table", actor="test").code)
    (port,) = free_ports(1)
    address = f"ws://127.0.0.1:{port}/ws/v1"

    async with (
        running_edge(tmp_path, port=port, stdout=asyncio.subprocess.DEVNULL) as process,
        websockets.connect(address) as socket,
    ):
        await guest.hello(socket)
        await guest.say(socket, type="start", mode="text", language="sv")
        await guest.say(socket, type="consent", granted=True, version="2026-11", scope=["transcript"])
        await guest.hear_until(socket, "question")
        await guest.say(socket, type="text", text=ANSWERS[0])
        await guest.hear_until(socket, "question")
        process.kill()
        await process.wait()
    before = set(guest.acknowledged)
    assert before

    async with (
        running_edge(tmp_path, port=port, stdout=asyncio.subprocess.DEVNULL),
        websockets.connect(address) as socket,
    ):
        await guest.hello(socket)
        welcome = await guest.hear_until(socket, "welcome")
        assert welcome["resumed"]
        assert [turn["text"] for turn in welcome["turns"]] == [ANSWERS[0]]
        for answer in ANSWERS[1:]:
            await guest.say(socket, type="text", text=answer)
            await guest.hear_until(socket, "reply")
        await guest.hear_until(socket, "review")
        await guest.say(socket, type="finish")
        await guest.hear_until(socket, "completed")
    assert {epoch for epoch, _ in guest.acknowledged} == {1, 2}

    day = session_day(guest.session_id)
    landed = read_day(home.segments(), day)
    assert landed.faults == ()
    home.lake().replace_partition(RAW_EVENTS, day, landed.frame, commit={})
    rows = home.lake().read(RAW_EVENTS).filter(pl.col("session_id") == guest.session_id)
    recorded = list(zip(rows["epoch"], rows["seq"], strict=True))
    assert len(recorded) == len(set(recorded))
    assert guest.acknowledged <= set(recorded)
    assert rows["event_id"].is_unique().all()
    (session,) = sessions(rows, as_of=datetime.now(UTC)).to_dicts()
    assert (session["outcome"], session["turns"], session["epochs"], session["missing_events"]) == (
        "completed",
        2,
        2,
        0,
    )
