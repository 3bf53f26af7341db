"""Protocol faults: any message in any order gets a documented answer or close."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets import ConnectionClosed

from voice_edge.doors.limits import Limits
from voice_edge.protocol import CloseCode

pytestmark = pytest.mark.slow

DOCUMENTED = {int(code) for code in CloseCode}


async def test_garbage_is_answered_and_after_a_few_the_session_is_closed(replica):
    async with replica.page() as page, replica.page() as other:
        await page.begin("text")
        await other.begin("text")
        for garbage in ("{", "[]", '{"type": "start"}', b"\x09\x00", '{"type": "edit", "turn": "x", "text": ""}'):
            await page.socket.send(garbage)
            assert (await page.until("error"))["message"]
        assert await page.closed() == 4400
        await other.write("Kaffet var kallt")
    reasons = [event.data["reason"] for event in replica.log.events if event.event == "session_abandoned"]
    assert reasons == ["protocol_error"]


async def test_an_unknown_type_is_ignored(replica):
    async with replica.page() as page:
        await page.send("future")
        await page.begin("text")
        for _ in range(10):
            await page.send("future", text="?")
        await page.write("Kaffet var kallt")
    assert "edge_ignored_total" in replica.edge.metrics.text().decode()


@pytest.mark.parametrize(
    "first", ['{"type": "start", "mode": "text", "language": "sv"}', b"\x01\x00\x00\x00", "nonsense"]
)
async def test_the_first_message_is_hello(replica, first):
    async with replica.page() as page:
        await page.socket.send(first)
        assert await page.closed() == 4400
    assert replica.log.events == []


async def test_another_version_is_closed_with_an_error(replica):
    async with replica.page() as page:
        await page.send("hello", v=2, code=replica.code)
        assert (await page.until("error"))["code"] == "version"
        assert await page.closed() == 4400


@pytest.mark.parametrize("message", [json.dumps({"type": "text", "text": "å" * 9_000}), b"\x01" * 8_193])
async def test_a_message_above_the_limit_closes_the_session(replica, message):
    async with replica.page() as page:
        await page.begin("voice")
        await page.socket.send(message)
        assert (await page.until("error"))["code"] == "too_large"
        assert await page.closed() == 4413


async def test_a_text_above_the_limit_is_refused_without_a_close(replica):
    async with replica.page() as page:
        await page.begin("text")
        await page.send("text", text="a" * 2_001)
        assert (await page.until("error"))["code"] == "too_long"
        await page.write("Kortare: kallt kaffe")


async def test_a_flood_of_messages_is_closed(replica):
    async with replica.page() as page:
        await page.begin("text")
        for _ in range(100):
            try:
                await page.send("ping", at_ms=1.0)
            except ConnectionClosed:
                break
        assert await page.closed() == 4429


async def test_a_full_replica_refuses_with_too_many(running):
    async with running(limits=Limits(open_sessions=1)) as replica, replica.page() as first:
        await first.hello()
        async with replica.page() as second:
            assert (await second.until("error"))["code"] == "too_many"
            assert await second.closed() == 4429
        await first.send("leave")
        assert await first.closed() == 1000


async def test_a_page_that_never_says_hello_is_closed(replica):
    async with replica.page() as page:
        assert await replica.clock.run_until(page.closed(), step=5.0) == 4408


MESSAGES = st.sampled_from(
    [
        {"type": "hello", "v": 1, "code": "CODE"},
        {"type": "start", "mode": "voice", "language": "sv"},
        {"type": "start", "mode": "text", "language": "en"},
        {"type": "consent", "granted": True, "version": "2026-11", "scope": ["transcript"]},
        {"type": "consent", "granted": False, "version": "2026-11", "scope": []},
        {"type": "microphone", "result": "granted"},
        {"type": "microphone", "result": "denied"},
        {"type": "mode", "mode": "voice"},
        {"type": "mode", "mode": "text"},
        {"type": "text", "text": "Kaffet var kallt"},
        {"type": "stop"},
        {"type": "edit", "turn": 1, "text": "Mildare"},
        {"type": "edit", "turn": 99, "text": ""},
        {"type": "shown", "turn": 1, "at_ms": 10.0},
        {"type": "finish"},
        {"type": "leave"},
        {"type": "client_error", "code": "x"},
        {"type": "ping", "at_ms": 1.0},
        {"type": "unheard_of"},
        {"type": "edit"},
        "speech",
        "silence",
        "settle",
        "garbage",
        "time",
    ]
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.lists(MESSAGES, min_size=1, max_size=14), polite=st.booleans())
def test_any_order_of_messages_ends_in_a_documented_close(running, order, polite):
    asyncio.run(play(running, order, polite=polite))


async def play(running, order, *, polite: bool) -> None:
    async with running() as replica, replica.page() as first:
        page = first
        if polite:
            await page.begin("voice")
        else:
            await page.hello()
        try:
            for step in order:
                if step == "speech":
                    await page.audio(0.4, loud=True)
                elif step == "silence":
                    await page.audio(0.7, loud=False)
                elif step == "time":
                    await replica.clock.advance(5.0)
                elif step == "garbage":
                    await page.socket.send(b"\x07" * 40)
                elif step == "settle":
                    await page.send("ping", at_ms=77.0)
                    await page.until("pong", at_ms=77.0)
                else:
                    await page.socket.send(json.dumps(step).replace("CODE", replica.code))
            await page.send("leave")
        except ConnectionClosed:
            pass
        code = await page.closed()
        assert code in DOCUMENTED - {int(CloseCode.MAINTENANCE)}
        numbers = [event.seq for event in replica.log.events]
        assert numbers == list(range(len(numbers)))
        for message in page.seen:
            assert "Traceback" not in json.dumps(message)
        answered = {message["turn"] for message in page.seen if message["type"] == "reply" and message["final"]}
        committed = {data["turn"] for data in replica.log.data("utterance_committed")}
        # Every turn but the one that the close cut off has its answer.
        assert len(committed - answered) <= 1
