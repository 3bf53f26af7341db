"""A real edge over a real uvicorn, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import websockets

from pilot.settings import Settings
from storage.errors import StoreAway
from storage.home import Home
from storage.store.cafes import codes as stored_codes
from tests.voice_edge.pages import Page
from tests.voice_edge.stand_ins import FakeInterviewer, FakeRecogniser, LoudnessListener, MemoryLog
from tests.voice_edge.virtual_clock import VirtualClock
from tests.waiting import DEADLINE_SECONDS
from voice_edge.doors.codes import CodeDirectory
from voice_edge.doors.limits import Limits
from voice_edge.edge import Edge
from voice_edge.hearing.turn_taking import TurnTaking
from voice_edge.http.app import create_app
from voice_edge.http.counts_service import CountsService
from voice_edge.http.server import edge_server
from voice_edge.http.socket_limits import SocketLimits
from voice_edge.receipts.receipt import ReceiptService


@dataclass
class Replica:
    """One running edge and its fakes."""

    edge: Edge
    clock: VirtualClock
    log: MemoryLog
    recogniser: FakeRecogniser
    interviewer: FakeInterviewer
    home: Home
    code: str
    port: int = 0
    store_away: bool = False
    server: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def page(self, **headers: str) -> AsyncIterator[Page]:
        async with websockets.connect(
            f"ws://127.0.0.1:{self.port}/ws/v1", additional_headers=headers, max_size=None, ping_interval=None
        ) as socket:
            yield Page(socket, self)


async def eventually(condition: Callable[[], bool]) -> None:
    """Return once `condition` holds; fail at a deadline."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():  # noqa: ASYNC110 -- what is waited for has no event of its own
            await asyncio.sleep(0.002)


def task_file(task: asyncio.Task[Any]) -> str:
    """Return the file of a task's coroutine."""
    code = getattr(task.get_coro(), "cr_code", None)
    return code.co_filename.replace("tests/voice_edge/", "tests/") if code else ""


@asynccontextmanager
async def running_replica(
    home: Home,
    *,
    limits: Limits | None = None,
    log: Any = None,
    name: str = "edge1",
    interviewer: Any = None,
    settings: Settings | None = None,
    pings: tuple[float, float] = (20.0, 20.0),
    counts: CountsService | None = None,
    sockets: SocketLimits | None = None,
) -> AsyncIterator[Replica]:
    before = asyncio.all_tasks()
    clock = VirtualClock()
    memory = log or MemoryLog()
    recogniser, fake_interviewer = FakeRecogniser(clock), FakeInterviewer(clock)
    replica: Replica

    def open_store() -> Any:
        if replica.store_away:
            raise StoreAway("The store does not answer.", remedy="Wait.")
        return home.store()

    edge = Edge(
        settings=(settings or home.settings).model_copy(update={"replica": name}),
        cafes=home.cafes(),
        secret=home.secret(),
        clock=clock,
        log=memory,
        codes=CodeDirectory(open_store, clock=clock),
        receipts=ReceiptService(open_store, clock=clock),
        interviewer=interviewer or fake_interviewer,
        recogniser=recogniser,
        new_listener=LoudnessListener,
        new_turns=TurnTaking,
        limits=limits or Limits(),
        open_segments=home.segments,
    )
    code = next(code for code in stored_codes.active(home.store()) if code.cafe == "aurora").code
    replica = Replica(edge, clock, memory, recogniser, fake_interviewer, home, code)
    server = edge_server(
        create_app(edge, counts=counts),
        edge=edge,
        host="127.0.0.1",
        port=0,
        loop="none",
        ping_seconds=pings[0],
        pong_seconds=pings[1],
        sockets=sockets,
    )
    replica.server = server
    serving = asyncio.create_task(server._serve())
    try:
        await eventually(lambda: server.started)
        replica.port = server.servers[0].sockets[0].getsockname()[1]
        yield replica
    finally:
        server.should_exit = True
        await serving
        leaked = [task for task in asyncio.all_tasks() - before if "voice_edge/" in task_file(task)]
        assert not leaked, f"tasks left behind: {leaked}"
