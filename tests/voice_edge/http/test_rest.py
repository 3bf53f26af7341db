"""The rest of a session over HTTP: the same events, receipt and limits as over the WebSocket."""

from __future__ import annotations

import asyncio
import unicodedata

import httpx
import numpy as np
import pytest

from tests.voice_edge.replicas import eventually
from tests.voice_edge.stand_ins import LOUD
from tests.waiting import DEADLINE_SECONDS
from voice_edge.doors.limits import Limits
from voice_edge.hearing.errors import RecogniserBusy

SOUND = {"Content-Type": "audio/L16;rate=16000"}
TEXT = {"Content-Type": "text/plain;charset=utf-8"}


def sound(seconds: float, *, loud: bool = True) -> bytes:
    return np.full(int(seconds * 16_000), LOUD if loud else 0, dtype="<i2").tobytes()


async def broken_off(replica, *, mode: str = "voice", turns: tuple[str, ...] = ()) -> str:
    """Talk until the connection breaks; return the last snapshot."""
    async with replica.page() as page:
        await page.begin(mode)
        for text in turns:
            await page.write(text)
            await page.until("question")
        page.socket.transport.abort()
    return page.snapshot


async def hand_in(replica, snapshot: str, body: bytes = b"", headers: dict[str, str] | None = None) -> httpx.Response:
    async with httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client:
        every = {"X-Pilot-Resume": snapshot, **(headers or {})}
        return await client.post(f"{replica.url}/v1/rest", content=body, headers=every)


async def test_speech_during_a_break_is_recognised_recorded_and_sent(replica):
    snapshot = await broken_off(replica)
    answer = await hand_in(replica, snapshot, sound(1, loud=False) + sound(3) + sound(1, loud=False), SOUND)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["type"] == "completed"
    assert [turn["text"] for turn in body["turns"]] == ["Kaffet var gott men det var lång kö vid lunch"]
    turn = replica.log.data("utterance_committed")[0]
    assert turn["mode"] == "voice"
    assert turn["speech_samples"] == pytest.approx(3 * 16_000, abs=1_024)
    # With half a second before and after the speech.
    assert len(replica.recogniser.finals[0]) == pytest.approx(4 * 16_000, abs=1_024)
    completed = [event for event in replica.log.events if event.event == "session_completed"]
    assert [(event.epoch, event.seq) for event in completed] == [(2, 1)]
    async with httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client:
        assert (await client.get(replica.url + body["receipt"])).status_code == 200


async def test_an_unsent_typed_turn_is_sent_masked(replica):
    snapshot = await broken_off(replica, mode="text", turns=("Kaffet var kallt",))
    answer = await hand_in(replica, snapshot, "Ring 070 123 45 67 om kön".encode(), TEXT)
    assert answer.status_code == 200
    assert [turn["text"] for turn in answer.json()["turns"]] == ["Kaffet var kallt", "Ring [nummer] om kön"]
    assert "123 45" not in "".join(event.line().decode() for event in replica.log.events)


async def test_a_repeated_request_gives_the_same_receipt(replica):
    snapshot = await broken_off(replica, mode="text", turns=("Kaffet var kallt",))
    first = await hand_in(replica, snapshot)
    again = await hand_in(replica, snapshot)
    assert first.json() == again.json()


async def test_a_session_that_was_sent_over_the_websocket_gives_its_receipt(replica):
    async with replica.page() as page:
        await page.begin("text")
        await page.write("Kaffet var kallt")
        await page.until("question")
        await page.send("finish")
        completed = await page.until("completed")
        await page.closed()
    answer = await hand_in(replica, page.snapshot, sound(2), SOUND)
    assert answer.json()["receipt"] == completed["receipt"]
    assert replica.recogniser.finals == []


async def test_a_live_connection_of_the_session_is_closed(replica):
    async with replica.page() as page:
        await page.begin("text")
        await page.write("Kaffet var kallt")
        await page.until("question")
        assert (await hand_in(replica, page.snapshot)).status_code == 200
        assert await page.closed() == 4409


async def test_the_rest_can_be_sent_to_another_replica(running):
    async with running(name="edge1") as first, running(name="edge2") as second:
        snapshot = await broken_off(first, mode="text", turns=("Kaffet var kallt",))
        answer = await hand_in(second, snapshot, sound(2), SOUND)
        assert answer.status_code == 403  # The microphone was not granted in this session.
        answer = await hand_in(second, snapshot)
        assert answer.status_code == 200
        assert {event.edge for event in second.log.events} == {"edge2"}


@pytest.mark.parametrize(
    ("says", "code", "after"),
    [
        (RecogniserBusy(waiting=16, retry_after_s=7.0), "busy", "7"),
        (RuntimeError("model"), "recogniser_error", "10"),
    ],
)
async def test_sound_that_cannot_be_recognised_now_can_be_retried_or_left_out(replica, says, code, after):
    replica.recogniser.says = [says]
    snapshot = await broken_off(replica, turns=("Kaffet var kallt",))
    answer = await hand_in(replica, snapshot, sound(2), SOUND)
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, code, after)
    assert "session_completed" not in replica.log.names()
    assert (await hand_in(replica, snapshot)).status_code == 200


async def test_a_hanging_recogniser_is_answered_with_a_timeout(replica):
    replica.recogniser.seconds = 1e9
    snapshot = await broken_off(replica)
    answer = await replica.clock.run_until(hand_in(replica, snapshot, sound(2), SOUND), step=2.0)
    assert (answer.status_code, answer.json()["code"]) == (503, "recogniser_timeout")


async def test_a_failing_disk_sends_nothing_and_can_be_retried(replica):
    snapshot = await broken_off(replica, mode="text", turns=("Kaffet var kallt",))
    replica.log.broken = True
    answer = await replica.clock.run_until(hand_in(replica, snapshot))
    assert (answer.status_code, answer.json()["code"]) == (503, "not_saved")
    replica.log.broken = False
    assert (await hand_in(replica, snapshot)).status_code == 200


async def test_silence_is_not_sent_and_the_session_can_be_resumed(replica):
    snapshot = await broken_off(replica)
    answer = await hand_in(replica, snapshot, sound(2, loud=False), SOUND)
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_said")
    async with replica.page() as page:
        assert (await page.hello(resume=snapshot))["resumed"] is True


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"\0\0\0", SOUND, 400, "invalid_message"),
        (b"\xff\xfe", TEXT, 400, "invalid_message"),
        (b"\0" * (45 * 32_000 + 2), SOUND, 413, "too_large"),
        (b"a" * 2_001, TEXT, 413, "too_long"),
        (b"{}", {"Content-Type": "application/json"}, 415, "invalid_message"),
        (b"", {"X-Pilot-Resume": "1.2.3.4"}, 410, "snapshot_refused"),
        (b"", {"X-Pilot-Resume": ""}, 400, "invalid_message"),
        (b"", {"Origin": "https://elsewhere.example"}, 403, "out_of_order"),
    ],
)
async def test_an_invalid_rest_is_refused_with_a_message(replica, body, headers, status, code):
    snapshot = await broken_off(replica, turns=("Kaffet var kallt",))
    answer = await hand_in(replica, snapshot, body, headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]
    assert "session_completed" not in replica.log.names()


async def test_a_session_that_was_left_or_without_consent_is_not_sent(replica):
    async with replica.page() as page:
        await page.hello()
        await page.send("start", mode="text", language="sv")
        await page.until("ack")
        await page.until("ack")
        page.socket.transport.abort()
    assert (await hand_in(replica, page.snapshot, b"hej", TEXT)).status_code == 403
    async with replica.page() as page:
        await page.begin("text")
        await page.write("Kaffet var kallt")
        await page.send("leave")
        await page.closed()
    assert (await hand_in(replica, page.snapshot)).status_code == 410


async def test_a_full_replica_refuses_the_rest(running):
    async with running(limits=Limits(open_sessions=1)) as replica:
        snapshot = await broken_off(replica, mode="text", turns=("Kaffet var kallt",))
        await eventually(lambda: replica.edge.sessions.count == 0)
        async with replica.page() as page:
            await page.hello()
            answer = await hand_in(replica, snapshot)
            assert (answer.status_code, answer.json()["code"]) == (429, "too_many")
            assert answer.headers["retry-after"]
            await page.send("leave")
            await page.closed()


async def test_an_upload_that_never_ends_times_out(replica):
    snapshot = await broken_off(replica)
    reader, writer = await asyncio.open_connection("127.0.0.1", replica.port)
    head = f"POST /v1/rest HTTP/1.1\r\nHost: 127.0.0.1:{replica.port}\r\nX-Pilot-Resume: {snapshot}\r\n"
    writer.write((head + "Content-Type: audio/L16;rate=16000\r\nContent-Length: 64000\r\n\r\n").encode() + b"\0" * 100)
    line = await replica.clock.run_until(reader.readline(), step=5.0)
    assert b" 400 " in line
    writer.close()
    await eventually(lambda: replica.edge.sessions.count == 0)


async def test_an_unsent_typed_turn_is_recorded_composed(replica):
    snapshot = await broken_off(replica, mode="text", turns=("Kaffet var kallt",))
    answer = await hand_in(replica, snapshot, unicodedata.normalize("NFD", "Kön är för lång").encode(), TEXT)
    assert [turn["text"] for turn in answer.json()["turns"]] == ["Kaffet var kallt", "Kön är för lång"]
