"""An ended session takes nothing more: from no older snapshot, other tab or other replica."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from pilot.identifiers import receipt_hash
from pipelines.feedback.turns import turns
from storage.store.privacy import tombstones
from storage.store.rewards import receipts
from tests.events import raw_events
from tests.voice_edge.pages import Page
from tests.voice_edge.replicas import Replica, eventually
from tests.waiting import DEADLINE_SECONDS
from voice_edge.receipts.receipt import receipt_token

FIRST = "Kaffet var kallt"
RICHER = "Kardemummabullen var torr klockan elva, baka en gång till efter lunch så blir den som på morgonen"


@pytest.fixture
async def pair(running: Callable[..., Any]) -> AsyncIterator[tuple[Replica, Replica]]:
    """Two replicas over one home."""
    async with running(name="edge1") as first, running(name="edge2") as second:
        yield first, second


async def talked(page: Page, mode: str = "text") -> str:
    """Talk until the second question; return the snapshot from before the end."""
    await page.begin(mode)
    await page.write(FIRST)
    await page.until("question", turn=2)
    return page.snapshot


async def send(page: Page) -> dict[str, Any]:
    await page.send("finish")
    return await page.until("completed")


async def saved(replica: Replica, session_id: str) -> None:
    """Return once the store has the receipt of a session."""
    key = receipt_hash(receipt_token(session_id, secret=replica.edge.secret))
    await eventually(lambda: receipts.by_hash(replica.home.store(), key) is not None)


def erase(replica: Replica, session_id: str) -> None:
    tombstones.add(replica.home.store(), session_id=session_id, actor="guest", reason="asked_on_receipt")


async def rest(replica: Replica, snapshot: str, text: str = "") -> httpx.Response:
    headers = {"X-Pilot-Resume": snapshot, "Content-Type": "text/plain"}
    async with httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client:
        return await client.post(f"{replica.url}/v1/rest", content=text.encode(), headers=headers)


def recorded(replica: Replica, session_id: str) -> int:
    """Return the number of events with words or an end."""
    names = ("utterance_committed", "utterance_edited", "session_completed")
    return sum(name in names for name in replica.log.names(session_id))


@pytest.mark.parametrize("where", [0, 1])
async def test_an_older_snapshot_of_a_sent_session_gives_only_its_first_result(pair, where):
    async with pair[0].page() as page:
        before = await talked(page)
        first = await send(page)
    await saved(pair[0], page.session_id)
    replica = pair[where]
    events = recorded(replica, page.session_id)
    async with replica.page() as again:
        await again.hello(resume=before)
        assert await again.until("completed") == first
        assert await again.closed() == 1000
    assert recorded(replica, page.session_id) == events


@pytest.mark.parametrize("where", [0, 1])
async def test_the_rest_of_a_sent_session_gives_only_its_first_result(pair, where):
    async with pair[0].page() as page:
        before = await talked(page)
        first = await send(page)
    await saved(pair[0], page.session_id)
    events = recorded(pair[where], page.session_id)
    answer = await rest(pair[where], before, RICHER)
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in first} == first
    assert recorded(pair[where], page.session_id) == events


@pytest.mark.parametrize("message", [{"type": "edit", "turn": 1, "text": RICHER}, {"type": "text", "text": RICHER}])
async def test_a_tab_on_another_replica_adds_nothing_to_a_sent_session(pair, message):
    async with pair[0].page() as page, pair[1].page() as other:
        before = await talked(page)
        await other.hello(resume=before)
        await other.until("question")
        first = await send(page)
        await saved(pair[0], page.session_id)
        await other.socket.send(json.dumps(message))
        assert await other.until("completed") == first
        assert await other.closed() == 1000
    assert recorded(pair[1], page.session_id) == 0


async def test_no_other_text_is_judged_for_a_sent_session(pair):
    # Otherwise its guest could try texts until one is eligible.
    async with pair[0].page() as page, pair[1].page() as other:
        before = await talked(page)
        await other.hello(resume=before)
        await other.until("question")
        await other.write(RICHER)
        first = await send(page)
        await saved(pair[0], page.session_id)
        assert await send(other) == first
    assert pair[1].log.data("session_completed") == []


async def test_two_rests_at_once_complete_a_session_once(replica):
    async with replica.page() as page:
        before = await talked(page)
        page.socket.transport.abort()
    await eventually(lambda: replica.edge.sessions.count == 0)
    one, two = await asyncio.gather(rest(replica, before), rest(replica, before, RICHER))
    assert one.json()["preliminary"] == two.json()["preliminary"]
    assert len(replica.log.data("session_completed")) == 1


@pytest.mark.parametrize("where", [0, 1])
@pytest.mark.parametrize("sent", [True, False])
async def test_an_erased_session_is_not_resumed(pair, where, sent):
    async with pair[0].page() as page:
        before = await talked(page)
        if sent:
            await send(page)
            await saved(pair[0], page.session_id)
        else:
            page.socket.transport.abort()
    await eventually(lambda: pair[0].edge.sessions.count == 0)
    erase(pair[0], page.session_id)
    events = recorded(pair[where], page.session_id)
    async with pair[where].page() as again:
        assert (await again.hello(resume=page.snapshot))["resumed"] is False
        assert (await again.until("error"))["code"] == "snapshot_refused"
    assert [(await rest(pair[where], each, RICHER)).status_code for each in (before, page.snapshot)] == [410, 410]
    assert recorded(pair[where], page.session_id) == events


@pytest.mark.parametrize(
    "message",
    [{"type": "edit", "turn": 1, "text": RICHER}, {"type": "text", "text": RICHER}, {"type": "finish"}],
)
async def test_an_open_tab_of_an_erased_session_records_nothing_more(replica, message):
    async with replica.page() as page:
        await talked(page)
        erase(replica, page.session_id)
        events = len(replica.log.events)
        await page.socket.send(json.dumps(message))
        error = await page.until("error")
        assert (error["code"], error["retryable"]) == ("erased", False)
        assert await page.closed() == 1000
    assert len(replica.log.events) == events


async def test_finish_during_a_reply_of_an_erased_session_is_refused(replica):
    replica.interviewer.seconds = 1.0
    async with replica.page() as page:
        await page.begin("text")
        await page.send("text", text=FIRST)
        await page.until("heard")
        await page.send("finish")
        erase(replica, page.session_id)
        assert (await replica.clock.run_until(page.until("error")))["code"] == "erased"
        assert await page.closed() == 1000
    assert "session_completed" not in replica.log.names()


async def test_speech_of_an_erased_session_is_not_recorded(replica):
    async with replica.page() as page:
        await page.begin("voice")
        replica.recogniser.seconds = 0.3
        erase(replica, page.session_id)
        with contextlib.suppress(ConnectionClosed):
            await page.audio(2.0, loud=True, paced=True)
            await page.audio(1.2, loud=False, paced=True)
        assert (await replica.clock.run_until(page.until("error")))["code"] == "erased"
    assert "utterance_committed" not in replica.log.names()


@pytest.mark.parametrize("how", ["left", "declined", "too_many", "too_large"])
async def test_an_older_snapshot_of_a_session_that_was_left_for_good_is_refused(replica, how):
    async with replica.page() as page:
        if how == "declined":
            await page.hello()
            await page.send("start", mode="text", language="sv")
            await page.until("ack", seq=1)
            before = page.snapshot
            await page.send("consent", granted=False, version="2026-11", scope=[])
        else:
            before = await talked(page)
        if how == "left":
            await page.send("leave")
        elif how == "too_large":
            await page.send("text", text="a" * 20_000)
        elif how == "too_many":
            for _ in range(70):
                await page.send("ping", at_ms=0.0)
        await page.closed()
    await eventually(lambda: replica.edge.sessions.count == 0)
    async with replica.page() as again:
        assert (await again.hello(resume=before))["resumed"] is False
    assert (await rest(replica, before, RICHER)).status_code == 410


async def test_a_talk_goes_on_and_is_sent_while_the_store_is_away(pair):
    async with pair[0].page() as page:
        before = await talked(page)
        page.socket.transport.abort()
    for replica in pair:
        replica.store_away = True
    async with pair[1].page() as again:
        assert (await again.hello(resume=before))["resumed"] is True
        await again.until("question")
        await again.send("edit", turn=1, text="Kaffet var ljummet")
        await send(again)
    assert len(pair[1].log.data("session_completed")) == 1


async def test_a_completion_that_fails_reveals_no_result_and_is_repeated(replica):
    async with replica.page() as page:
        before = await talked(page)
        page.socket.transport.abort()
    replica.log.broken = True
    answer = await replica.clock.run_until(rest(replica, before, RICHER))
    assert answer.status_code == 503
    assert "preliminary" not in answer.json()
    replica.log.broken = False
    assert (await rest(replica, before)).status_code == 200


@pytest.mark.parametrize("jump", [-3_600.0, -1.0])
async def test_a_talk_whose_next_replica_has_a_slow_clock_counts_whole(pair, jump):
    async with pair[0].page() as page:
        await talked(page)
        page.socket.transport.abort()
    await eventually(lambda: pair[0].edge.sessions.count == 0)
    pair[1].clock.jump(jump)
    async with pair[1].page() as again:
        await again.hello(resume=page.snapshot)
        await again.until("question")
        await again.write("Vid lunch")
        await send(again)
    events = [event for replica in pair for event in replica.log.events if event.event != "session_abandoned"]
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert sorted(turns(raw_events(events))["transcript"]) == [FIRST, "Vid lunch"]
