"""Resuming a session: on the same replica, on another, from another tab, after its end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from pilot.business_days import session_day
from pilot.identifiers import receipt_hash
from pipelines.feedback.sessions import sessions
from pipelines.feedback.turns import turns
from storage.landing.days import read_day
from tests.voice_edge.replicas import eventually


async def test_a_resumed_session_continues_at_its_last_question(replica):
    async with replica.page() as page:
        await page.begin("text")
        await page.write("Kaffet var kallt")
        await page.until("question", turn=2)
        snapshot, session_id = page.snapshot, page.session_id
        page.socket.transport.abort()
    async with replica.page() as page:
        welcome = await page.hello(resume=snapshot)
        assert welcome["resumed"] is True
        assert welcome["session_id"] == session_id
        assert [turn["text"] for turn in welcome["turns"]] == ["Kaffet var kallt"]
        assert (await page.until("question"))["turn"] == 2
        await page.write("Vid lunch")
        await page.send("finish")
        await page.until("completed")
    mine = [event for event in replica.log.events if event.session_id == session_id]
    assert {event.epoch for event in mine} == {1, 2}
    for epoch in (1, 2):
        numbers = [event.seq for event in mine if event.epoch == epoch]
        assert numbers == list(range(len(numbers)))
    assert [event.event for event in mine].count("page_opened") == 1


async def test_a_turn_whose_answer_was_lost_is_answered_after_the_resume(replica):
    replica.interviewer.seconds = 5.0
    async with replica.page() as page:
        await page.begin("text")
        await page.send("text", text="Kaffet var kallt")
        await page.until("heard")
        await page.until("ack")
        snapshot = page.snapshot
        page.socket.transport.abort()
    replica.interviewer.seconds = 0.0
    async with replica.page() as page:
        await page.hello(resume=snapshot)
        reply = await page.until("reply", final=True)
        assert reply["turn"] == 1
        assert (await page.until("question"))["turn"] == 2
    assert len(replica.log.data("utterance_committed")) == 1
    assert len(replica.log.data("reply_sent")) == 1


async def test_the_same_session_in_another_tab_ends_the_first_one(replica):
    async with replica.page() as first, replica.page() as second:
        await first.begin("text")
        await second.hello(resume=first.snapshot)
        assert await first.closed() == 4409
        await second.until("question")
        await second.write("Kaffet var kallt")
        await second.send("finish")
        await second.until("completed")
    assert "session_abandoned" not in replica.log.names()
    assert replica.log.names().count("session_completed") == 1


async def test_two_resumes_from_one_snapshot_never_share_an_epoch(replica):
    async with replica.page() as page:
        await page.begin("text")
        snapshot = page.snapshot
        page.socket.transport.abort()
    for text in ("Ett", "Två"):
        async with replica.page() as page:
            await page.hello(resume=snapshot)
            await page.write(text)
            page.socket.transport.abort()
    keys = [(event.epoch, event.seq) for event in replica.log.events]
    assert len(keys) == len(set(keys))


async def test_a_repeated_finish_after_a_lost_goodbye_gives_the_same_receipt(replica):
    async with replica.page() as page:
        await page.begin("text")
        await page.write("Kaffet var kallt och kön lång")
        await page.until("question")
        before = page.snapshot
        await page.send("finish")
        first = await page.until("completed")
        after = page.snapshot
    async with replica.page() as page:
        await page.hello(resume=before)
        await page.send("finish")
        again = await page.until("completed")
    async with replica.page() as page:
        await page.hello(resume=after)
        reopened = await page.until("completed")
        assert await page.closed() == 1000
    assert first == again == reopened
    assert len({data["receipt_hash"] for data in replica.log.data("session_completed")}) == 1


async def test_a_refused_snapshot_begins_a_new_session_with_an_error(replica):
    async with replica.page() as page:
        welcome = await page.hello(resume="1.2.3.4")
        assert welcome["resumed"] is False
        assert (await page.until("error"))["code"] == "snapshot_refused"


async def test_a_snapshot_from_an_hour_ago_is_refused(replica):
    async with replica.page() as page:
        await page.begin("text")
        snapshot = page.snapshot
        page.socket.transport.abort()
    await replica.clock.advance(3600.0)
    async with replica.page() as page:
        assert (await page.hello(resume=snapshot))["resumed"] is False


async def test_a_stopping_replica_sends_its_pages_to_another(running, home):
    # Real logs on the disk; the second replica shares nothing with the first but the home.
    with home.append_log("edge1") as first_log, home.append_log("edge2") as second_log:
        async with running(log=first_log, name="edge1") as first, first.page() as page:
            await page.begin("text")
            await page.write("Kaffet var kallt och kön lång")
            await page.until("question", turn=2)
            await page.send("text", text="Vid lunch stod vi tio minuter")
            await page.until("question", turn=3)
            first.server.should_exit = True
            assert await page.closed() == 1001
            snapshot, session_id = page.snapshot, page.session_id
        async with running(log=second_log, name="edge2") as second, second.page() as page:
            welcome = await page.hello(resume=snapshot)
            assert [turn["turn"] for turn in welcome["turns"]] == [1, 2]
            await page.until("question", turn=3)
            await page.send("finish")
            completed = await page.until("completed")
    day = session_day(session_id)
    assert day == datetime(2026, 11, 23, tzinfo=UTC).date()
    events = read_day(home.segments(), day).frame.filter(session_id=session_id)
    assert events["event"].to_list().count("session_completed") == 1
    stopped = events.filter(event="session_abandoned")
    assert stopped["epoch"].to_list() == [1]
    assert "edge_stopped" in stopped["data"][0]
    summary = sessions(events, as_of=datetime(2026, 11, 23, 12, tzinfo=UTC))
    assert summary["outcome"].to_list() == ["completed"]
    assert set(events["edge"]) == {"edge1", "edge2"}
    assert set(events["epoch"]) == {1, 2}
    assert receipt_hash(completed["receipt"].removeprefix("/r/")) in "".join(events["data"])


async def test_a_turn_in_the_last_snapshot_was_heard_before_it(running):
    """A page sends again what was not heard; a turn that its snapshot holds would be there twice."""
    async with running() as replica, replica.page() as page:
        await page.begin("text")
        slow = replica.log.slow = asyncio.Event()
        await page.send("text", text="Kaffet var kallt och kön lång")
        await eventually(lambda: any("Recorder._append" in repr(each.get_coro()) for each in asyncio.all_tasks()))
        replica.server.should_exit = True
        await eventually(lambda: replica.edge.sessions.draining)
        slow.set()
        assert await page.closed() == 1001
        kinds = [each["type"] for each in page.seen]
        assert replica.log.names()[-2:] == ["utterance_committed", "session_abandoned"]
        assert kinds[-2:] == ["heard", "ack"]
        assert page.seen[-1]["seq"] == len(replica.log.events) - 1
    async with running() as replica, replica.page() as again:
        welcome = await again.hello(resume=page.snapshot)
        assert [turn["turn"] for turn in welcome["turns"]] == [1]


async def test_a_resumed_talker_is_heard_again(replica):
    async with replica.page() as page:
        await page.begin("voice")
        await page.speak()
        await page.until("question", turn=2)
        snapshot = page.snapshot
        page.socket.transport.abort()
    async with replica.page() as page:
        await page.hello(resume=snapshot)
        await page.until("state", state="listening")
        page.frame_number = 400
        await page.speak()
        assert (await page.until("heard"))["turn"] == 2


async def test_a_resumed_page_with_its_microphone_gets_listening_once(replica):
    async with replica.page() as page:
        await page.begin("voice")
        snapshot = page.snapshot
        page.socket.transport.abort()
    async with replica.page() as page:
        await page.hello(resume=snapshot)
        await page.send("microphone", result="granted", sample_rate=48000)
        await page.send("mode", mode="voice")
        await page.speak()
        await page.until("heard")
        states = [message["state"] for message in page.seen if message["type"] == "state"]
        assert states == ["listening", "hearing", "thinking"]


async def test_words_spoken_around_a_repeated_microphone_message_are_kept(replica):
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(1.0, loud=True)
        await page.send("microphone", result="granted", sample_rate=44100)
        await page.audio(1.0, loud=True)
        await page.audio(0.8, loud=False)
        await page.until("heard")
    assert len(replica.recogniser.finals[-1]) >= 2 * 16_000


async def test_a_session_completed_before_it_was_lost_stays_completed(running, home):
    # The goodbye was lost, the page came back from before it to a replica without the store, and then left again.
    with home.append_log("edge1") as first_log, home.append_log("edge2") as second_log:
        async with running(log=first_log) as first, running(log=second_log, name="edge2") as second:
            async with first.page() as page:
                await page.begin("text")
                await page.write("Kaffet var kallt och kön lång")
                await page.until("question", turn=2)
                before, session_id = page.snapshot, page.session_id
                await page.send("finish")
                await page.until("completed")
            second.store_away = True
            second.clock.jump(60.0)
            async with second.page() as page:
                await page.hello(resume=before)
                await page.until("question")
                await page.send("edit", turn=1, text="Kaffet var gott")
                await page.until("ack", seq=0)
                page.socket.transport.abort()
            await eventually(lambda: second.edge.sessions.count == 0)
    events = read_day(home.segments(), session_day(session_id)).frame.filter(session_id=session_id)
    ends = events.filter(events["event"].is_in(["session_completed", "session_abandoned"])).sort("epoch")
    assert list(zip(ends["epoch"], ends["event"], strict=True)) == [(1, "session_completed"), (2, "session_abandoned")]
    summary = sessions(events, as_of=datetime(2026, 11, 23, 12, tzinfo=UTC))
    assert summary["outcome"].to_list() == ["completed"]
    assert turns(events)["transcript"].to_list() == ["Kaffet var kallt och kön lång"]


async def test_a_page_before_its_hello_is_sent_to_another_replica_too(running):
    async with running() as replica, replica.page() as page:
        await eventually(lambda: replica.edge.sessions.count == 1)
        replica.server.should_exit = True
        assert await page.closed() == 1001
