"""The total limit counts from the session's own identifier, whatever snapshot a page resumes from."""

from __future__ import annotations

import httpx
import pytest

from pilot.identifiers import identifier_time
from tests.voice_edge.replicas import eventually
from tests.waiting import DEADLINE_SECONDS
from voice_edge.doors.limits import Limits

TOTAL_SECONDS = Limits().total_seconds


async def broken_off(replica) -> tuple[str, str]:
    """Talk, lose the connection; return the snapshot and the session."""
    async with replica.page() as page:
        await page.begin("text")
        await page.write("Kaffet var kallt")
        await page.until("question", turn=2)
        page.socket.transport.abort()
    await eventually(lambda: replica.edge.sessions.count == 0)
    return page.snapshot, page.session_id


async def rest(replica, snapshot: str) -> int:
    async with httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client:
        answer = await client.post(f"{replica.url}/v1/rest", headers={"X-Pilot-Resume": snapshot})
    return answer.status_code


@pytest.mark.parametrize(("after", "resumed"), [(TOTAL_SECONDS - 1, True), (TOTAL_SECONDS + 1, False)])
async def test_a_session_is_resumed_only_within_the_total_limit(replica, after, resumed):
    snapshot, _ = await broken_off(replica)
    await replica.clock.advance(after)
    async with replica.page() as page:
        assert (await page.hello(resume=snapshot))["resumed"] is resumed


@pytest.mark.parametrize(("after", "status"), [(TOTAL_SECONDS - 1, 200), (TOTAL_SECONDS + 1, 410)])
async def test_the_rest_is_taken_only_within_the_total_limit(replica, after, status):
    snapshot, _ = await broken_off(replica)
    await replica.clock.advance(after)
    assert await rest(replica, snapshot) == status


async def test_the_receipt_of_a_sent_session_is_given_after_the_total_limit(replica):
    snapshot, _ = await broken_off(replica)
    assert await rest(replica, snapshot) == 200
    await replica.clock.advance(TOTAL_SECONDS + 60)
    assert await rest(replica, snapshot) == 200
    async with replica.page() as page:
        await page.hello(resume=snapshot)
        await page.until("completed")


@pytest.mark.parametrize("every_seconds", [20.0, 60.0, 600.0])
async def test_chained_resumes_record_nothing_after_the_total_limit(replica, every_seconds):
    snapshot, session_id = await broken_off(replica)
    for _ in range(round(2 * TOTAL_SECONDS / every_seconds)):
        await replica.clock.advance(every_seconds)
        async with replica.page() as page:
            if not (await page.hello(resume=snapshot))["resumed"]:
                break
            await page.until("question")
            await page.send("edit", turn=1, text="Kaffet var ljummet")
            await page.until("ack", seq=0)
            snapshot = page.snapshot
            page.socket.transport.abort()
        await eventually(lambda: replica.edge.sessions.count == 0)
    else:
        pytest.fail("resumed after twice the limit")
    began = identifier_time(session_id)
    lasted = max((event.at - began).total_seconds() for event in replica.log.events if event.session_id == session_id)
    assert lasted <= TOTAL_SECONDS


async def test_a_resumed_connection_ends_at_the_limit_of_its_session(replica):
    snapshot, _ = await broken_off(replica)
    await replica.clock.advance(TOTAL_SECONDS - 20)
    async with replica.page() as page:
        await page.hello(resume=snapshot)
        await page.until("question")
        await replica.clock.advance(30.0)
        assert (await page.until("error"))["code"] == "total_limit"
        assert await page.closed() == 4408
    assert replica.log.data("session_abandoned")[-1] == {"reason": "total_limit"}


async def test_a_page_that_was_only_open_for_long_begins_a_new_session(replica):
    async with replica.page() as page:
        await page.hello()
        await page.until("ack")
        page.socket.transport.abort()
    await replica.clock.advance(600.0)
    async with replica.page() as again:
        assert (await again.hello(resume=page.snapshot, code=""))["resumed"] is False
        assert again.session_id != page.session_id
        await again.send("start", mode="text", language="sv")
        await again.send("consent", granted=True, version="2026-11", scope=["transcript"])
        await again.until("question")
        assert not [message for message in again.seen if message["type"] == "error"]


async def test_a_page_that_never_starts_ends_at_the_total_limit(running):
    async with running(limits=Limits(total_seconds=100.0)) as replica, replica.page() as page:
        await page.hello()
        for _ in range(4):
            await page.send("client_error", code="x", message="")
            await page.until("ack")
            await replica.clock.advance(20.0)
        await replica.clock.advance(30.0)
        assert (await page.until("error"))["code"] == "total_limit"
        assert await page.closed() == 4408
