"""A real edge over a real uvicorn, in virtual time, with ears and an interviewer that behave."""

from __future__ import annotations

import asyncio
import heapq
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import websockets

from pilot.events import Event
from pilot.settings import Settings
from storage.errors import StoreAway
from storage.home import Home, open_home
from storage.store import codes as stored_codes
from voice_edge.app import create_app
from voice_edge.codes import CodeDirectory
from voice_edge.edge import Edge
from voice_edge.hearing.heard import Heard
from voice_edge.hearing.turn_taking import WINDOW_SAMPLES, SpeechWindow, TurnTaking
from voice_edge.interviewer import Conversation, ReplyPart
from voice_edge.limits import Limits
from voice_edge.protocol import AudioFrame, encode_frame
from voice_edge.receipts import ReceiptDesk
from voice_edge.server import edge_server

CHECKOUT = Path(__file__).parents[3]
FRAME_SAMPLES = 640  # 40 ms
DEADLINE_SECONDS = 10.0
LOUD = 8_000


class VirtualClock:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self._begin = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
        self._seconds = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> datetime:
        return self._begin + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self._seconds + seconds, self._count, woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Let time pass, waking each sleeper at its own moment."""
        end = self._seconds + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, woken = heapq.heappop(self._sleepers)
            self._seconds = max(self._seconds, at)
            if not woken.done():
                woken.set_result(None)
                for _ in range(25):
                    await asyncio.sleep(0)
        self._seconds = end
        await asyncio.sleep(0)

    async def run_until(self, work: Awaitable[Any], *, step: float = 0.5) -> Any:
        """Let time pass until `work` is done; return what it gives."""
        task = asyncio.ensure_future(work)
        while not task.done():
            await self.advance(step)
            await asyncio.sleep(0.005)
        return task.result()


class MemoryLog:
    """An append log in memory; `broken` makes the disk fail."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.broken = False
        self.published = 0

    async def append_durably(self, events: Sequence[Event]) -> None:
        await asyncio.sleep(0)
        if self.broken:
            raise OSError("disk full")
        self.events.extend(events)

    def publish_soon(self) -> None:
        self.published += 1

    def names(self, session_id: str | None = None) -> list[str]:
        return [event.event for event in self.events if session_id in (None, event.session_id)]

    def data(self, name: str) -> list[dict[str, Any]]:
        return [event.data for event in self.events if event.event == name]


def recognised(text: str, **changes: Any) -> Heard:
    values: dict[str, Any] = {
        "text": text,
        "confidence": 0.9,
        "low_confidence": False,
        "no_speech": False,
        "retried": False,
        "seconds": 0.1,
        "language": "sv",
    }
    return Heard(**{**values, **changes})


class FakeRecogniser:
    """Hears what it was told to, after `seconds` on the clock; finals in order, the last one again and again."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.says: list[Heard | Exception] = [recognised("Kaffet var gott men det var lång kö vid lunch")]
        self.seconds = 0.0
        self.finals: list[np.ndarray] = []
        self.partials = 0
        self.queue_depth = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def recognise(self, audio, *, language, session_id, final=True, prompt="") -> Future[Heard]:
        future: Future[Heard] = Future()
        if not final:
            self.partials += 1
            future.set_result(recognised("Kaffet var"))
            return future
        self.finals.append(audio)
        result = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        task = asyncio.ensure_future(self._settle(future, result))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return future

    async def _settle(self, future: Future[Heard], result: Heard | Exception) -> None:
        if self.seconds:
            await self._clock.sleep(self.seconds)
        if not future.set_running_or_notify_cancel():
            return
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)

    def qualified(self, language: str) -> bool:
        return language == "en"

    def forget(self, session_id: str) -> None:
        return None


class FakeInterviewer:
    """Asks two follow-ups, then thanks; `broken` raises, `seconds` is the time to its first words."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.asked: list[Conversation] = []
        self.broken = False
        self.seconds = 0.0

    async def reply(self, conversation: Conversation) -> AsyncIterator[ReplyPart]:
        self.asked.append(conversation)
        if self.seconds:
            await self._clock.sleep(self.seconds)
        if self.broken:
            raise RuntimeError("no model")
        over = conversation.follow_ups_asked >= 2
        purpose = "thanks" if over else "follow_up"
        text = "Tack för det!" if over else f"Berätta mer om det, fråga {conversation.follow_ups_asked + 1}?"
        yield ReplyPart(text=text[:8], final=False, author="scripted", purpose=purpose)
        yield ReplyPart(text=text, final=True, author="scripted", purpose=purpose)


class LoudnessListener:
    """Speech is what is loud."""

    def __init__(self) -> None:
        self._rest = b""
        self._position = 0

    def feed(self, pcm16: bytes) -> list[SpeechWindow]:
        self._rest += pcm16
        windows = []
        while len(self._rest) >= WINDOW_SAMPLES * 2:
            samples = np.frombuffer(self._rest[: WINDOW_SAMPLES * 2], dtype="<i2")
            self._rest = self._rest[WINDOW_SAMPLES * 2 :]
            loud = 0.95 if np.abs(samples.astype(int)).max() > LOUD // 2 else 0.02
            windows.append(SpeechWindow(self._position, loud))
            self._position += WINDOW_SAMPLES
        return windows

    def reset(self, *, at: int | None = None) -> None:
        self._rest = b""
        if at is not None:
            self._position = at


@dataclass
class Replica:
    """One running edge and what it was given."""

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


@dataclass
class Page:
    """A customer's page, as far as the protocol goes."""

    socket: websockets.ClientConnection
    replica: Replica
    seen: list[dict[str, Any]] = field(default_factory=list)
    frame_number: int = 0
    captured_ms: float = 1_000.0
    snapshot: str = ""
    session_id: str = ""

    async def send(self, type: str, **fields: Any) -> None:  # noqa: A002
        await self.socket.send(json.dumps({"type": type, **fields}))

    async def receive(self) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE_SECONDS):
            message = json.loads(await self.socket.recv())
        self.seen.append(message)
        if message["type"] == "ack":
            self.snapshot = message["snapshot"]
        if message["type"] == "welcome":
            self.session_id = message["session_id"]
        return message

    async def until(self, type: str, **match: Any) -> dict[str, Any]:  # noqa: A002
        while True:
            message = await self.receive()
            if message["type"] == type and all(message.get(name) == value for name, value in match.items()):
                return message

    async def closed(self) -> int:
        """Read to the end; return the close code."""
        try:
            while True:
                await self.receive()
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd is not None
            return closed.rcvd.code

    async def hello(self, **changes: Any) -> dict[str, Any]:
        fields = {
            "v": 1,
            "code": self.replica.code,
            "language": "sv",
            "client": {"browser": "Safari", "os": "iOS", "os_major": "26", "in_app": False},
            "simulated": True,
            **changes,
        }
        await self.send("hello", **fields)
        return await self.until("welcome")

    async def begin(self, mode: str = "text", language: str = "sv", **changes: Any) -> dict[str, Any]:
        """Go as far as the first question, microphone granted where the customer talks."""
        await self.hello(language=language, **changes)
        await self.send("start", mode=mode, language=language)
        await self.send("consent", granted=True, version="2026-11", scope=["transcript"])
        question = await self.until("question")
        if mode == "voice":
            await self.send("microphone", result="granted", sample_rate=48000)
            await self.until("state", state="listening")
        return question

    async def audio(self, seconds: float, *, loud: bool, paced: bool = False) -> None:
        """Send audio at the clock's pace; `paced` waits for the edge to take each frame before time goes on."""
        pcm = np.full(FRAME_SAMPLES, LOUD if loud else 0, dtype="<i2").tobytes()
        for _ in range(round(seconds * 16_000 / FRAME_SAMPLES)):
            await self.socket.send(encode_frame(AudioFrame(self.frame_number, self.captured_ms, pcm)))
            self.frame_number += 1
            self.captured_ms += 40.0
            if paced:
                await (await self.socket.ping())
                await asyncio.sleep(0.001)
            await self.replica.clock.advance(0.04)

    async def speak(self, seconds: float = 2.0, silence: float = 0.8) -> None:
        await self.audio(seconds, loud=True)
        await self.audio(silence, loud=False)

    async def write(self, text: str) -> dict[str, Any]:
        """Type a turn and wait for the end of its answer."""
        await self.send("text", text=text)
        return await self.until("reply", final=True)


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
    home: Home, *, limits: Limits | None = None, log: Any = None, name: str = "edge1", asking: Any = None
) -> AsyncIterator[Replica]:
    clock = VirtualClock()
    memory = log or MemoryLog()
    recogniser, interviewer = FakeRecogniser(clock), FakeInterviewer(clock)
    replica: Replica

    def open_store() -> Any:
        if replica.store_away:
            raise StoreAway("The store does not answer.", remedy="Wait.")
        return home.store()

    edge = Edge(
        settings=home.settings.model_copy(update={"replica": name}),
        cafes=home.cafes(),
        secret=home.secret(),
        clock=clock,
        log=memory,
        codes=CodeDirectory(open_store, clock=clock),
        receipts=ReceiptDesk(open_store, clock=clock),
        asking=asking or interviewer,
        hearing=recogniser,
        new_listener=LoudnessListener,
        new_turns=TurnTaking,
        limits=limits or Limits(),
    )
    code = next(code for code in stored_codes.active(home.store()) if code.cafe == "aurora").code
    replica = Replica(edge, clock, memory, recogniser, interviewer, home, code)
    server = edge_server(create_app(edge), edge=edge, host="127.0.0.1", port=0, loop="none")
    replica.server = server
    serving = asyncio.create_task(server._serve())
    try:
        await eventually(lambda: server.started)
        replica.port = server.servers[0].sockets[0].getsockname()[1]
        yield replica
    finally:
        server.should_exit = True
        await serving
        leaked = [task for task in asyncio.all_tasks() if "voice_edge/" in task_file(task)]
        assert not leaked, f"tasks left behind: {leaked}"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    opened = open_home(Settings(home=tmp_path / "home", cafes_file=CHECKOUT / "cafes.toml"))
    stored_codes.issue(opened.store(), cafe="aurora", label="table", actor="test")
    return opened


@pytest.fixture
def heard() -> Callable[..., Heard]:
    """Return a maker of recognitions."""
    return recognised


@pytest.fixture
def running(home: Home) -> Callable[..., Any]:
    """Return a maker of replicas over one home."""
    return lambda **options: running_replica(home, **options)


@pytest.fixture
async def replica(home: Home) -> AsyncIterator[Replica]:
    async with running_replica(home) as opened:
        yield opened
