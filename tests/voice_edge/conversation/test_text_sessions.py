"""Typed sessions from hello to receipt, with edits, refusals and limits."""

from __future__ import annotations

import asyncio
import contextlib
import unicodedata

import httpx
from websockets import ConnectionClosed

from pilot.identifiers import receipt_hash
from storage.store.rewards import receipts
from tests.voice_edge.replicas import eventually
from tests.waiting import DEADLINE_SECONDS
from voice_edge.doors.limits import Limits


async def test_a_typed_session_ends_with_a_receipt_and_a_complete_record(replica):
    async with replica.page() as page:
        question = await page.begin("text")
        assert question["turn"] == 1
        assert question["text"]
        for number in (1, 2, 3):
            reply = await page.write(f"Kaffet var gott men kön var lång, sak {number}")
            assert reply["turn"] == number
            await page.send("shown", turn=number, at_ms=5_000.0 * number)
        review = await page.until("review")
        assert [turn["turn"] for turn in review["turns"]] == [1, 2, 3]
        await page.send("finish")
        completed = await page.until("completed")
        assert await page.closed() == 1000
    names = replica.log.names()
    assert names[:4] == ["page_opened", "session_started", "consent_decided", "utterance_committed"]
    # A quick page may report the first words as shown before the whole reply is recorded.
    assert sorted(names[3:-1]) == sorted(("utterance_committed", "reply_sent", "reply_shown") * 3)
    assert names[-1] == "session_completed"
    assert [event.seq for event in replica.log.events] == list(range(len(replica.log.events)))
    assert {event.simulated for event in replica.log.events} == {True}
    token = completed["receipt"].removeprefix("/r/")
    done = replica.log.data("session_completed")[0]
    assert done["receipt_hash"] == receipt_hash(token)
    assert done["preliminary_score"] is not None
    assert token not in "".join(event.line().decode() for event in replica.log.events)
    await eventually(lambda: replica.edge.receipts.waiting == 0)
    saved = await asyncio.to_thread(receipts.by_hash, replica.home.store(), receipt_hash(token))
    assert saved is not None
    assert saved.reference == completed["reference"] == done["reference"]
    async with httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client:
        shown = await client.get(replica.url + completed["receipt"])
    assert shown.status_code == 200
    assert shown.headers["cache-control"] == "no-store"
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert "Café Aurora" in shown.text
    assert "kön var lång" not in shown.text


async def test_typed_turns_carry_no_response_time(replica):
    async with replica.page() as page:
        await page.begin("text")
        await page.write("Bra kaffe")
        await page.send("shown", turn=1, at_ms=400.0)
        await page.until("ack")
        await page.send("ping", at_ms=1.0)
        await page.until("pong", at_ms=1.0)
    assert replica.log.data("reply_shown") == [{"turn": 1, "response_ms": None, "implausible": False}]
    assert replica.log.data("reply_sent")[0]["marks"]["commit"] is None


async def test_personal_data_is_masked_before_it_is_recorded_or_shown(replica):
    async with replica.page() as page:
        await page.begin("text")
        await page.send("text", text="Ring mig på 070 123 45 67 om kön")
        heard = await page.until("heard")
        await page.until("reply", final=True)
        await page.send("edit", turn=1, text="Skriv till anna@example.com om kön")
        await page.send("client_error", code="x", message="anna@example.com")
        await page.send("leave")
        await page.closed()
    assert "123 45" not in heard["text"]
    lines = "".join(event.line().decode() for event in replica.log.events)
    assert "123 45" not in lines
    assert "anna@example.com" not in lines
    assert all("123 45" not in exchange.answer for asked in replica.interviewer.asked for exchange in asked.exchanges)


async def test_an_edited_turn_is_sent_and_a_struck_one_is_not(replica):
    async with replica.page() as page:
        await page.begin("text")
        for text in ("Första svaret", "Andra svaret", "Tredje svaret"):
            await page.write(text)
        await page.until("review")
        await page.send("edit", turn=1, text="Bullen var torr")
        await page.send("edit", turn=2, text="")
        await page.send("finish")
        await page.until("completed")
    assert replica.log.data("utterance_edited") == [
        {"turn": 1, "transcript": "Bullen var torr"},
        {"turn": 2, "transcript": ""},
    ]
    assert replica.log.data("session_completed")[0]["turns"] == 2


async def test_an_empty_session_is_not_sent(replica):
    async with replica.page() as page:
        await page.begin("text")
        await page.send("finish")
        assert (await page.until("error"))["code"] == "nothing_said"
        await page.send("text", text="   ")
        assert (await page.until("error"))["code"] == "nothing_said"
        await page.write("Kaffet var kallt")
        await page.send("edit", turn=1, text=" ")
        await page.send("finish")
        assert (await page.until("error"))["code"] == "nothing_said"
    assert "session_completed" not in replica.log.names()


async def test_finish_while_a_turn_is_being_answered_waits_for_the_answer(replica):
    replica.interviewer.seconds = 2.0
    async with replica.page() as page:
        await page.begin("text")
        await page.send("text", text="Kaffet var kallt")
        await page.until("heard")
        await page.send("text", text="En sak till")
        assert (await page.until("error"))["code"] == "wait"
        await page.send("finish")
        await page.send("ping", at_ms=7.0)
        await page.until("pong", at_ms=7.0)
        await replica.clock.run_until(page.until("reply", final=True))
        await page.until("completed")
    assert replica.log.names()[-2:] == ["reply_sent", "session_completed"]


async def test_declining_consent_ends_the_session(replica):
    async with replica.page() as page:
        await page.hello()
        await page.send("start", mode="voice", language="sv")
        await page.send("consent", granted=False, version="2026-11", scope=[])
        await page.until("state", state="ended")
        assert await page.closed() == 1000
    assert replica.log.names()[-2:] == ["consent_decided", "session_abandoned"]
    assert replica.log.data("session_abandoned") == [{"reason": "declined"}]


async def test_leaving_is_recorded_only_after_start(replica):
    async with replica.page() as page:
        await page.hello()
        await page.send("leave")
        assert await page.closed() == 1000
    assert replica.log.names() == ["page_opened"]
    async with replica.page() as page:
        await page.begin("text")
        await page.send("leave")
        assert await page.closed() == 1000
    assert replica.log.data("session_abandoned") == [{"reason": "closed"}]


async def test_a_lost_connection_is_recorded_and_the_session_can_be_resumed(replica):
    async with replica.page() as page:
        await page.begin("text")
        snapshot = page.snapshot
        page.socket.transport.abort()
    await eventually(lambda: "session_abandoned" in replica.log.names())
    assert replica.log.data("session_abandoned") == [{"reason": "connection_lost"}]
    async with replica.page() as page:
        assert (await page.hello(resume=snapshot))["resumed"] is True


async def test_an_idle_session_is_closed_and_can_be_resumed(replica):
    async with replica.page() as page:
        await page.begin("text")
        await page.write("Kaffet var kallt")
        assert await replica.clock.run_until(page.closed(), step=5.0) == 4408
        assert "idle" in [message.get("code") for message in page.seen]
        snapshot = page.snapshot
    assert replica.log.data("session_abandoned") == [{"reason": "idle"}]
    async with replica.page() as page:
        assert (await page.hello(resume=snapshot))["resumed"] is True
        await page.send("finish")
        await page.until("completed")


async def test_a_ping_does_not_keep_a_session_from_being_idle(replica):
    async with replica.page() as page:
        await page.begin("text")
        for _ in range(10):
            await replica.clock.advance(15.0)
            with contextlib.suppress(ConnectionClosed):
                await page.send("ping", at_ms=0.0)
        assert await page.closed() == 4408


async def test_a_session_ends_at_its_total_limit(running):
    async with running(limits=Limits(total_seconds=300.0)) as replica, replica.page() as page:
        await page.begin("text")
        await page.write("Kaffet var kallt")
        await replica.clock.advance(110.0)
        await page.send("edit", turn=1, text="Kaffet var ljummet")
        await page.until("ack")
        await replica.clock.advance(110.0)
        await page.send("edit", turn=1, text="Kaffet var kallt")
        await page.until("ack")
        assert (await replica.clock.run_until(page.until("error"), step=5.0))["code"] == "total_limit"
        assert await page.closed() == 4408
        assert replica.log.data("session_abandoned") == [{"reason": "total_limit"}]


async def test_a_broken_interviewer_still_ends_in_thanks_and_review(replica):
    replica.interviewer.broken = True
    async with replica.page() as page:
        await page.begin("text")
        reply = await page.write("Kaffet var kallt")
        assert reply["purpose"] == "thanks"
        await page.until("review")
        await page.send("finish")
        await page.until("completed")
    assert replica.log.data("turn_failed") == [{"turn": 1, "reason": "responder_error", "mode": "text"}]


async def test_a_hanging_interviewer_is_replaced_within_the_cap(running):
    async with running(limits=Limits(reply_seconds=3.0)) as replica, replica.page() as page:
        replica.interviewer.seconds = 60.0
        await page.begin("text")
        await page.send("text", text="Kaffet var kallt")
        await page.until("heard")
        before = replica.clock.monotonic()
        assert (await replica.clock.run_until(page.until("reply", final=True)))["purpose"] == "thanks"
        assert replica.clock.monotonic() - before <= 3.0 + 1.0
        await page.until("review")


async def test_a_disk_that_fails_ends_the_session_unacknowledged(replica):
    async with replica.page() as page:
        await page.begin("text")
        acknowledged = [message for message in page.seen if message["type"] == "ack"]
        replica.log.broken = True
        await page.send("text", text="Kaffet var kallt")
        assert (await replica.clock.run_until(page.until("error")))["code"] == "not_saved"
        assert await replica.clock.run_until(page.closed()) == 4503
        assert [message for message in page.seen if message["type"] == "ack"] == acknowledged


async def test_the_store_away_at_completion_delays_only_the_stores_copy(replica):
    async with replica.page() as page:
        await page.begin("text")
        await page.write("Kaffet var kallt och kön lång")
        replica.store_away = True
        await page.send("finish")
        completed = await page.until("completed")
        assert await page.closed() == 1000
    token = completed["receipt"].removeprefix("/r/")
    assert replica.edge.receipts.waiting == 1
    async with httpx.AsyncClient(timeout=DEADLINE_SECONDS) as client:
        assert (await client.get(replica.url + completed["receipt"])).status_code == 200
        assert (await client.get(replica.url + "/r/nothing")).status_code == 503
    assert await asyncio.to_thread(receipts.by_hash, replica.home.store(), receipt_hash(token)) is None
    replica.store_away = False
    await replica.clock.run_until(eventually(lambda: replica.edge.receipts.waiting == 0), step=1.0)
    saved = await asyncio.to_thread(receipts.by_hash, replica.home.store(), receipt_hash(token))
    assert saved is not None
    assert saved.reference == completed["reference"]


async def test_decomposed_letters_are_recorded_composed(replica):
    async with replica.page() as page:
        await page.begin("text")
        await page.write(unicodedata.normalize("NFD", "Smörgåsen på kafét är för dyr"))
        await page.send("edit", turn=1, text=unicodedata.normalize("NFD", "Smörgåsen är för torr"))
        await page.send("finish")
        await page.until("completed")
    assert replica.log.data("utterance_committed")[0]["transcript"] == "Smörgåsen på kafét är för dyr"
    assert replica.log.data("utterance_edited")[0]["transcript"] == "Smörgåsen är för torr"
