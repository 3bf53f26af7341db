"""One page cannot exhaust a replica, and honest guests notice nothing of the limits."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading

import pytest

from tests.waiting import DEADLINE_SECONDS
from voice_edge.conversation import redacting
from voice_edge.doors.arrivals import MOST_SILENT_OF_ADDRESS
from voice_edge.doors.event_budget import MOST_EDITS, MOST_EVENTS, EventBudgets
from voice_edge.doors.limits import Limits
from voice_edge.errors import ProtocolFault
from voice_edge.protocol import AudioFrame, Hello, encode_frame, parse_message

WIFI = {"X-Forwarded-For": "203.0.113.7"}


async def settled(page) -> None:
    """Return once the edge has read everything that the page sent."""
    await page.send("ping", at_ms=77.0)
    await page.until("pong", at_ms=77.0)


@pytest.mark.parametrize(
    "extra",
    [
        {"junk": "x" * 60_000},
        {f"field{number}": 1 for number in range(2_000)},
        {"nested": [[["x" * 1_000] * 10] * 5]},
        {"__proto__": {"a": "b" * 50_000}},
    ],
    ids=["long", "many", "nested", "named"],
)
async def test_unknown_fields_of_the_client_are_dropped(replica, extra) -> None:
    async with replica.page() as page:
        await page.begin("text", client={"browser": "Safari", **extra})
        assert len(page.snapshot) < 1_500
    (started,) = replica.log.data("session_started")
    assert started["client"] == {"browser": "Safari", "os": "", "os_major": "", "in_app": False}


@pytest.mark.parametrize(
    "client",
    [
        {"browser": "x" * 41},
        {"browser": "x", "os": "y" * 41},
        {"browser": "x", "os_major": "1" * 11},
        {"browser": ["x"]},
        {"browser": "x", "in_app": "maybe"},
        "Safari",
        None,
    ],
)
async def test_a_client_of_the_wrong_kind_is_a_fault_of_that_field(replica, client) -> None:
    async with replica.page() as page:
        await page.send("hello", v=1, code=replica.code, client=client)
        assert (await page.until("error"))["code"] == "invalid_message"
        assert await page.closed() == 4400


@pytest.mark.parametrize(
    "message",
    [
        {"type": "consent", "granted": True, "version": "2026-11", "scope": ["transcript"] * 700},
        {"type": "consent", "granted": True, "version": "ring 070-123 45 67", "scope": []},
        {"type": "consent", "granted": True, "version": "2" * 21, "scope": []},
        {"type": "hello", "v": 10**300, "code": "x"},
        {"type": "hello", "v": 1, "code": "x" * 41},
        {"type": "hello", "v": 1, "code": "x", "device_token": "x" * 101},
        {"type": "hello", "v": 1, "code": "x", "resume": "x" * (96 * 1024 + 1)},
        {"type": "edit", "turn": 10**300, "text": ""},
        {"type": "shown", "turn": 10**300, "at_ms": 1.0},
        {"type": "shown", "turn": 1, "at_ms": 1e300},
        {"type": "ping", "at_ms": 1e300},
        {"type": "client_error", "code": "x" * 81},
        {"type": "client_error", "code": "x", "message": "x" * 501},
        {"type": "microphone", "result": "granted", "sample_rate": 10**300},
    ],
    ids=range(14),
)
def test_every_field_of_a_page_is_bounded(message) -> None:
    with pytest.raises(ProtocolFault, match="missing or wrong fields"):
        parse_message(json.dumps(message))


def test_a_hello_of_today_is_read_as_before() -> None:
    hello = parse_message('{"type": "hello", "v": 1, "code": "K7M2QP", "client": {"browser": "Safari", "new": 1}}')
    assert isinstance(hello, Hello)
    assert (hello.client.browser, hello.client.model_extra) == ("Safari", {})


async def test_a_frame_from_the_end_of_time_is_a_fault(replica) -> None:
    async with replica.page() as page:
        await page.begin("voice")
        await page.socket.send(encode_frame(AudioFrame(0, 1.7e308, b"\0\0")))
        assert (await page.until("error"))["code"] == "invalid_frame"


async def test_frames_of_one_sample_are_counted_as_frames(running) -> None:
    async with running(limits=Limits(frames_burst=50)) as replica, replica.page() as page:
        await page.begin("voice")
        for number in range(60):
            await page.socket.send(encode_frame(AudioFrame(number, 1_000.0, b"\0\0")))
        assert (await page.until("error"))["code"] == "too_many"
        assert await page.closed() == 4429


async def test_a_whole_turn_can_be_resent_at_once(replica) -> None:
    frames = 45 * 25  # 45 s in frames of 40 ms
    async with replica.page() as page:
        await page.begin("voice")
        for number in range(frames):
            await page.socket.send(encode_frame(AudioFrame(number, 1_000.0 + 40 * number, b"\0\0" * 640)))
        await settled(page)
    assert not [message for message in page.seen if message["type"] == "error"]


async def test_unknown_messages_before_hello_are_limited(replica) -> None:
    async with replica.page() as page:
        for _ in range(80):
            await page.send("future")
        assert (await page.until("error"))["code"] == "too_many"
        assert await page.closed() == 4400


async def test_edits_end_at_their_limit_and_the_feedback_is_still_sent(replica) -> None:
    replica.edge.budgets = EventBudgets(most_edits=3)
    async with replica.page() as page:
        await page.begin("text")
        await page.write("Kaffet var kallt och kön var lång")
        for number in range(3):
            await page.send("edit", turn=1, text=f"Kaffet var kallt, kön tog {number} minuter")
            await page.until("ack")
        await page.send("edit", turn=1, text="Något annat")
        assert (await page.until("error"))["code"] == "too_many_edits"
        await page.send("finish")
        await page.until("completed")
    assert len(replica.log.data("utterance_edited")) == 3
    assert "Något annat" not in json.dumps(replica.log.data("utterance_edited"), ensure_ascii=False)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "microphone", "result": "denied"},
        {"type": "microphone", "result": "granted", "sample_rate": 48_000},
    ],
)
async def test_a_session_that_writes_without_end_is_closed(replica, message) -> None:
    replica.edge.budgets = EventBudgets(most_events=8)
    async with replica.page() as page:
        await page.begin("text")
        for _ in range(12):
            await page.socket.send(json.dumps(message))
        assert (await page.until("error"))["code"] == "too_many"
        assert await page.closed() == 4429
    assert len(replica.log.events) <= 9
    assert replica.log.events[-1].event == "session_abandoned"


async def test_an_older_snapshot_does_not_restore_a_budget(replica) -> None:
    replica.edge.budgets = EventBudgets(most_events=6)
    async with replica.page() as page:
        await page.begin("text")
        early = page.snapshot
        for _ in range(6):
            await page.send("microphone", result="denied")
        assert await page.closed() == 4429
    written = len(replica.log.events)
    async with replica.page() as page:
        assert (await page.hello(resume=early))["resumed"] is False
        assert (await page.until("error"))["code"] == "snapshot_refused"
    events = [event for event in replica.log.events[written:] if event.session_id == replica.log.events[0].session_id]
    assert events == []


async def test_an_honest_talk_spends_a_third_of_its_budget_at_most(replica) -> None:
    async with replica.page() as page:
        await page.begin("text")
        for words in ("Kaffet var kallt och kön var lång", "Vid lunch i går", "Personalen var trevlig ändå"):
            await page.write(words)
        for turn in (1, 2, 3):
            for _ in range(5):
                await page.send("edit", turn=turn, text="Kaffet var kallt")
                await page.until("ack")
        await page.send("finish")
        await page.until("completed")
    assert len(replica.log.events) * 3 < MOST_EVENTS
    assert MOST_EDITS >= 3 * 15


async def test_twenty_guests_behind_one_wifi_talk_at_once(replica) -> None:
    async def guest() -> str:
        async with replica.page(**WIFI) as page:
            await page.begin("text", simulated=False)
            for _ in range(2):
                await settled(page)
            await page.send("leave")
            return page.session_id

    assert len(set(await asyncio.gather(*(guest() for _ in range(20))))) == 20


async def test_a_phone_that_reconnects_ten_times_keeps_its_session(replica) -> None:
    async with replica.page(**WIFI) as page:
        await page.begin("text")
        session_id, snapshot = page.session_id, page.snapshot
    for _ in range(10):
        async with replica.page(**WIFI) as page:
            welcomed = await page.hello(resume=snapshot)
            assert (welcomed["resumed"], welcomed["session_id"]) == (True, session_id)
            await page.until("question")
            snapshot = page.snapshot
    assert not replica.edge.budgets.is_spent(session_id)


async def test_silent_sockets_of_one_address_do_not_keep_others_out(replica) -> None:
    silent = []
    for _ in range(MOST_SILENT_OF_ADDRESS + 20):
        opened = replica.page(**WIFI)
        silent.append((opened, await opened.__aenter__()))
    assert replica.edge.arrivals.silent <= MOST_SILENT_OF_ADDRESS
    async with replica.page(**{"X-Forwarded-For": "203.0.113.8"}) as page:
        await page.begin("text")
    async with replica.page(**WIFI) as page:
        await page.begin("text")
    for opened, _ in silent:
        await opened.__aexit__(None, None, None)


@pytest.mark.parametrize(
    "addresses",
    [[f"2001:db8:5:{each}::1" for each in range(6)], ["198.51.100.7"] * 6],
    ids=["the /64s of a /48", "one address"],
)
async def test_pages_that_are_only_open_keep_no_guest_out_of_a_full_replica(running, addresses) -> None:
    real = {"simulated": False}
    async with running(limits=Limits(open_sessions=4)) as replica, contextlib.AsyncExitStack() as stack:
        guest = await stack.enter_async_context(replica.page(**WIFI))
        await guest.begin("text", **real)
        reading = await stack.enter_async_context(replica.page(**WIFI))
        await reading.hello(**real)
        opened = [await stack.enter_async_context(replica.page(**{"X-Forwarded-For": each})) for each in addresses]
        for each in opened[-2:]:
            await each.hello(**real)
        assert [await each.closed() for each in opened[:4]] == [4429] * 4
        late = await stack.enter_async_context(replica.page(**{"X-Forwarded-For": "203.0.113.8"}))
        await late.begin("text", **real)
        for each in (guest, reading):
            await settled(each)
        assert await opened[4].closed() == 4429


async def test_a_full_replica_of_started_sessions_refuses_and_closes_none(running) -> None:
    async with running(limits=Limits(open_sessions=2)) as replica, contextlib.AsyncExitStack() as stack:
        talking = [await stack.enter_async_context(replica.page(**WIFI)) for _ in range(2)]
        for each in talking:
            await each.begin("text", simulated=False)
        late = await stack.enter_async_context(replica.page(**{"X-Forwarded-For": "203.0.113.8"}))
        assert (await late.until("error"))["code"] == "too_many"
        for each in talking:
            await settled(each)


async def test_a_long_text_is_redacted_in_a_thread_while_others_are_served(replica, monkeypatch) -> None:
    entered, gate = threading.Event(), threading.Event()
    state_redacted = redacting.SessionState.redacted

    def slow(self, text, **options):
        if len(text) > redacting.LONG_CHARACTERS:
            entered.set()
            assert gate.wait(DEADLINE_SECONDS)
        return state_redacted(self, text, **options)

    monkeypatch.setattr(redacting.SessionState, "redacted", slow)
    async with replica.page() as page, replica.page() as other:
        await page.begin("text")
        await other.begin("text")
        await page.send("text", text="Kaffet var kallt. " * 60)
        await asyncio.to_thread(entered.wait, DEADLINE_SECONDS)
        await settled(other)
        gate.set()
        await page.until("heard")
