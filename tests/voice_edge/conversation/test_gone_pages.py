"""Pages that read slowly, stop reading, vanish, or resume after a break, here or elsewhere."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.websockets import WebSocketState

from tests.voice_edge.replicas import eventually
from voice_edge.conversation import connection as connection_module
from voice_edge.conversation.connection import ABORT, MOST_WAITING_MESSAGES, Connection
from voice_edge.doors import open_sessions
from voice_edge.protocol import CloseCode, Partial, Pong


class SlowSocket:
    """A WebSocket that sends only once `reads` is set."""

    def __init__(self) -> None:
        self.application_state = WebSocketState.CONNECTED
        self.sent: list[str] = []
        self.closed: list[int] = []
        self.cut = 0
        self.reads = asyncio.Event()
        self.scope = {"extensions": {ABORT: {"cut": self._cut}}}

    def _cut(self) -> None:
        self.cut += 1

    async def send_text(self, text: str) -> None:
        await self.reads.wait()
        self.sent.append(text)

    async def close(self, code: int) -> None:
        self.closed.append(code)


async def test_sending_never_waits_for_the_page():
    slow = SlowSocket()
    connection = Connection(slow)  # type: ignore[arg-type]
    for number in range(100):
        await connection.send(Pong(at_ms=float(number)))
    assert slow.sent == []
    slow.reads.set()
    await connection.close(CloseCode.DONE)
    assert [f'"at_ms":{number}.0' in text for number, text in enumerate(slow.sent)] == [True] * 100
    assert (slow.closed, slow.cut, connection.closed_with) == ([1000], 0, 1000)


@pytest.mark.parametrize("size", [1, 100_000])
async def test_a_page_that_does_not_read_is_cut_off_once_its_queue_is_full(size):
    slow = SlowSocket()
    connection = Connection(slow)  # type: ignore[arg-type]
    for _ in range(MOST_WAITING_MESSAGES + 2):
        await connection.send(Partial(turn=1, text="a" * size))
    assert (slow.cut, connection.cut_off, connection.closed_with) == (1, True, 1006)
    await connection.end()


async def test_a_page_that_reads_nothing_for_long_is_cut_off(monkeypatch):
    monkeypatch.setattr(connection_module, "STALLED_SECONDS", 0.02)
    slow = SlowSocket()
    connection = Connection(slow)  # type: ignore[arg-type]
    await connection.send(Pong(at_ms=1.0))
    await eventually(lambda: slow.cut == 1)
    assert connection.closed_with == 1006


async def test_a_page_that_stops_reading_is_cut_off_and_delays_nobody(replica):
    async with replica.page() as deaf, replica.page() as other:
        await deaf.begin("text")
        await other.begin("text")
        deaf.socket.transport.pause_reading()
        live = next(
            each for each in replica.edge.sessions._connections if each._live.state.session_id == deaf.session_id
        )
        while not live._live.connection.cut_off:
            await live._live.send(Partial(turn=1, text="a" * 100_000))
            await asyncio.sleep(0)
        assert (await other.write("Kaffet var kallt"))["turn"] == 1
        await eventually(lambda: b'edge_closes_total{code="1006"} 1.0' in replica.edge.metrics.text())
        assert replica.edge.sessions.count == 1
        deaf.socket.transport.abort()
    assert b"edge_pages_cut_off_total 1.0" in replica.edge.metrics.text()
    reasons = [(event.session_id, event.data["reason"]) for event in replica.log.events if "abandoned" in event.event]
    assert (deaf.session_id, "connection_lost") in reasons


async def test_a_page_that_answers_no_ping_is_disconnected_within_the_deadline(running):
    # As reported of pipecat: a disconnect that nobody notices.
    async with running(pings=(0.05, 0.05)) as replica, replica.page() as page:
        await page.begin("text")
        page.socket.transport.pause_reading()
        await eventually(lambda: replica.edge.sessions.count == 0)
        page.socket.transport.abort()
    assert replica.log.data("session_abandoned") == [{"reason": "connection_lost"}]


async def test_a_half_open_connection_that_sends_nothing_is_closed(replica):
    reader, writer = await asyncio.open_connection("127.0.0.1", replica.port)
    writer.write(
        b"GET /ws/v1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    await eventually(lambda: replica.edge.sessions.count == 1)
    await replica.clock.run_until(reader.read(), step=5.0)
    await eventually(lambda: replica.edge.sessions.count == 0)
    writer.close()


async def test_speech_before_and_during_a_break_of_20_seconds_is_heard_whole(replica):
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(0.6, loud=False)
        await page.audio(8.0, loud=True)
        await page.until("state", state="hearing")
        snapshot, first, started = page.snapshot, page.frame_number, page.captured_ms
        page.socket.transport.abort()
    await replica.clock.advance(20.0)
    async with replica.page() as page:
        page.captured_ms = started
        assert (await page.hello(resume=snapshot))["resumed"] is True
        await page.until("state", state="listening")
        await page.send("mode", mode="voice")
        # The page sends again what was never acknowledged, and what was said during the break; faster than real time.
        page.frame_number = 0
        advance, replica.clock.advance = replica.clock.advance, no_time
        await page.audio(0.6, loud=False)
        await page.audio(28.0, loud=True)
        replica.clock.advance = advance
        await page.audio(0.8, loud=False)
        await page.until("heard")
    assert first > 200
    turn = replica.log.data("utterance_committed")[-1]
    assert turn["speech_samples"] == pytest.approx(28 * 16_000, rel=0.01)
    assert sum(len(part) for part in replica.recogniser.finals) >= 28 * 16_000


async def test_a_sentence_is_finished_on_another_replica(running):
    async with running(name="edge1") as first, running(name="edge2") as second:
        async with first.page() as page:
            await page.begin("voice")
            await page.speak()
            await page.until("question", turn=2)
            await page.send("shown", turn=1, at_ms=0.0)
            await first.clock.run_until(page.until("state", state="listening"), step=0.1)
            await page.audio(2.0, loud=True)
            page.socket.transport.abort()
        async with second.page() as again:
            welcome = await again.hello(resume=page.snapshot)
            assert [turn["turn"] for turn in welcome["turns"]] == [1]
            await again.until("state", state="listening")
            await again.speak(3.0)
            assert (await again.until("heard"))["turn"] == 2
            await again.until("reply", final=True)
            await again.send("finish")
            await again.until("completed")
        epochs = {event.epoch for event in second.log.events}
    assert epochs == {2}
    assert [event.event for event in first.log.events][-1] == "session_abandoned"
    assert second.log.data("utterance_committed")[0]["revision"] > 1_000


async def no_time(seconds: float) -> None:
    await asyncio.sleep(0)


def open_files() -> set[str]:
    """Return the open files without the store's: its bounded pool may open another one when busy."""
    files = set()
    for place in Path("/proc/self/fd").iterdir():
        try:
            link = str(place.readlink())
        except OSError:  # the folder's own
            continue
        if ".sqlite" not in link:
            files.add(f"{place.name} {link}")
    return files


async def test_twenty_sessions_that_end_in_every_way_leak_nothing(replica):
    async def one(number: int) -> None:
        async with replica.page() as page:
            if number % 5 == 0:
                await page.hello()
            elif number % 5 == 1:
                await page.begin("voice")
                await page.audio(1.0, loud=True)
            else:
                await page.begin("text")
                await page.write("Kaffet var kallt")
            if number % 5 == 2:
                await page.until("question")
                await page.send("finish")
                await page.closed()
            elif number % 5 == 3:
                await page.send("leave")
                await page.closed()
            else:
                page.socket.transport.abort()

    for number in range(20):  # The store keeps the connections of its pool.
        await one(number)
    await eventually(lambda: replica.edge.sessions.count == 0)
    files = open_files()
    tasks = len(asyncio.all_tasks())
    for number in range(20):
        await one(number)
    await eventually(lambda: replica.edge.sessions.count == 0)
    await eventually(lambda: len(asyncio.all_tasks()) <= tasks)
    await eventually(lambda: open_files() <= files)
    assert replica.edge.sessions.talking == 0
    assert replica.edge.sessions._live == {}
    started = {event.session_id for event in replica.log.events if event.event == "session_started"}
    ended = {
        event.session_id for event in replica.log.events if event.event in ("session_completed", "session_abandoned")
    }
    assert started == ended


async def test_stopping_ends_every_session_although_an_interviewer_hangs(running, monkeypatch):
    monkeypatch.setattr(open_sessions, "DRAIN_SECONDS", 3.0)
    began = asyncio.get_running_loop().time()
    stubborn = Stubborn()
    async with running(interviewer=stubborn) as replica, replica.page() as page, replica.page() as other:
        await page.begin("text")
        await other.begin("voice")
        await page.send("text", text="Kaffet var kallt")
        await page.until("heard")
        replica.server.should_exit = True
        assert await page.closed() == 1001
        assert await other.closed() == 1001
        stubborn.stop_extending.set()
    assert asyncio.get_running_loop().time() - began < 8.0
    assert [event["reason"] for event in replica.log.data("session_abandoned")] == ["edge_stopped"] * 2


class Stubborn:
    """An interviewer that ignores its cancellation."""

    def __init__(self) -> None:
        self.stop_extending = asyncio.Event()

    async def reply(self, conversation, *, committed=None):
        while not self.stop_extending.is_set():
            try:
                await self.stop_extending.wait()
            except asyncio.CancelledError:
                continue
        yield SimpleNamespace(text="", final=True, author="scripted", purpose="thanks", instead_of_model="")


async def test_accepted_sockets_that_are_never_used_delay_nobody(replica):
    sockets = [socket.create_connection(("127.0.0.1", replica.port)) for _ in range(20)]
    async with replica.page() as page:
        await page.begin("text")
        await page.write("Kaffet var kallt")
    for each in sockets:
        each.close()
