"""Spoken turns: speculation, timing marks, repeated questions, and an end for every turn."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from websockets import ConnectionClosed

from tests.voice_edge.replicas import eventually
from voice_edge.doors.limits import Limits
from voice_edge.hearing.errors import RecogniserBusy
from voice_edge.hearing.turn_taking import MAX_TURN_SECONDS


async def test_a_spoken_session_goes_from_microphone_to_review(replica, heard):
    replica.recogniser.says = [heard(f"Svar nummer {number} om kaffet") for number in (1, 2, 3)]
    async with replica.page() as page:
        await page.begin("voice")
        for number in (1, 2, 3):
            await page.speak()
            heard_turn = await page.until("heard")
            assert (heard_turn["turn"], heard_turn["text"]) == (number, f"Svar nummer {number} om kaffet")
            await page.until("reply", final=True)
            await page.send("shown", turn=number, at_ms=page.captured_ms + 300)
            if number < 3:
                await page.until("question", turn=number + 1)
                await replica.clock.run_until(page.until("state", state="listening"), step=0.1)
        await page.until("review")
        await page.send("finish")
        await page.until("completed")
    assert replica.log.names()[-1] == "session_completed"
    assert [event.seq for event in replica.log.events] == list(range(len(replica.log.events)))
    assert all(turn["speech_samples"] > 16_000 for turn in replica.log.data("utterance_committed"))


async def test_recognition_and_reply_begin_at_the_soft_end_and_are_used_at_the_commit(replica):
    replica.recogniser.seconds = 0.1
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(2.0, loud=True, paced=True)
        await page.audio(0.4, loud=False, paced=True)
        await eventually(lambda: len(replica.interviewer.asked) == 1)
        assert len(replica.recogniser.finals) == 1
        await page.audio(0.4, loud=False, paced=True)
        reply = await page.until("reply", final=True)
        await page.until("question", turn=2)
    assert len(replica.recogniser.finals) == 1
    assert len(replica.interviewer.asked) == 1
    marks = replica.log.data("reply_sent")[0]["marks"]
    # The silence is counted in frames of 40 ms and windows of 32 ms after the end of speech.
    assert 200 <= marks["soft_end"] <= 330
    assert marks["recognition_start"] == pytest.approx(marks["soft_end"], abs=1)
    assert marks["recognition_end"] >= marks["recognition_start"] + 100
    assert 560 <= marks["commit"] <= 700
    assert marks["recognition_taken"] == pytest.approx(marks["recognition_start"], abs=110)
    # The reply is made before the commit and given after it.
    assert marks["responder_start"] < marks["commit"] <= marks["first_token"] <= marks["sent"]
    assert reply["speech_end_page_ms"] == pytest.approx(1_000 + 2_000, abs=40)


async def test_the_response_time_is_the_pages_own(replica):
    async with replica.page() as page:
        await page.begin("voice")
        await page.speak()
        reply = await page.until("reply", final=True)
        await page.send("shown", turn=1, at_ms=reply["speech_end_page_ms"] + 812.0)
        await page.send("shown", turn=1, at_ms=reply["speech_end_page_ms"] + 9_999.0)
        await page.send("shown", turn=7, at_ms=1.0)
        await page.send("ping", at_ms=3.0)
        await page.until("pong")
    assert replica.log.data("reply_shown") == [{"turn": 1, "response_ms": 812.0, "implausible": False}]


@pytest.mark.parametrize(
    ("claimed_ms", "recorded_ms"), [(1.0, None), (0.0, None), (-50.0, None), (700_000.0, None), (600.0, 700.0)]
)
async def test_a_forged_response_time_is_recorded_as_implausible(replica, claimed_ms, recorded_ms):
    async with replica.page() as page:
        await page.begin("voice")
        await page.speak()
        reply = await page.until("reply", final=True)
        await page.send("shown", turn=1, at_ms=reply["speech_end_page_ms"] + claimed_ms)
        await eventually(lambda: replica.log.data("reply_shown"))
    (sent,) = replica.log.data("reply_sent")
    assert sent["marks"]["sent"] == pytest.approx(700.0, abs=60.0)
    (shown,) = replica.log.data("reply_shown")
    implausible = recorded_ms is None
    assert shown == {
        "turn": 1,
        "response_ms": None if implausible else sent["marks"]["sent"],
        "implausible": implausible,
    }
    counted = b'edge_ignored_total{kind="implausible_response_time"} 1.0' in replica.edge.metrics.text()
    assert counted is implausible


async def test_continued_speech_discards_the_speculation(replica, heard):
    replica.recogniser.says = [heard("Kaffet var gott"), heard("Kaffet var gott men bullen torr")]
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(1.0, loud=True)
        await page.audio(0.36, loud=False)
        await eventually(lambda: len(replica.interviewer.asked) == 1)
        await page.speak(1.0)
        heard_turn = await page.until("heard")
        await page.until("reply", final=True)
        await page.until("question", turn=2)
    assert heard_turn["text"] == "Kaffet var gott men bullen torr"
    assert heard_turn["revision"] == 2
    turn = replica.log.data("utterance_committed")[0]
    assert turn["discarded_speculations"] == 1
    answered = [asked.exchanges[-1].answer for asked in replica.interviewer.asked]
    assert answered[-1] == "Kaffet var gott men bullen torr"


async def test_a_slow_recognition_is_waited_for_after_the_commit(replica):
    replica.recogniser.seconds = 1.5
    async with replica.page() as page:
        await page.begin("voice")
        await page.speak(2.0, silence=0.8)
        await page.until("state", state="thinking")
        await replica.clock.run_until(page.until("heard"), step=0.1)
        await page.until("reply", final=True)
        await page.until("question", turn=2)
    assert len(replica.recogniser.finals) == 1
    marks = replica.log.data("reply_sent")[0]["marks"]
    assert marks["recognition_end"] > marks["commit"]


async def test_done_ends_the_turn_at_once(replica):
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(1.0, loud=True)
        await page.until("state", state="hearing")
        await page.send("stop")
        await page.until("heard")
        await page.until("reply", final=True)


async def test_captions_come_while_the_customer_speaks(replica):
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(2.5, loud=True)
        partial = await page.until("partial")
    assert partial["turn"] == 1
    assert replica.recogniser.partials >= 1


async def test_an_unclear_turn_is_asked_again_twice_before_writing_is_suggested(replica, heard):
    replica.recogniser.says = [heard("mummel", low_confidence=True, confidence=0.2)]
    texts = []
    async with replica.page() as page:
        await page.begin("voice")
        for number in (1, 2, 3):
            await page.speak()
            assert (await page.until("heard"))["low_confidence"] is True
            reply = await page.until("reply", final=True)
            assert reply["purpose"] == "ask_again"
            texts.append(reply["text"])
            await page.send("shown", turn=number, at_ms=0.0)
            await page.until("question", turn=number + 1)
            await replica.clock.run_until(page.until("state", state="listening"), step=0.1)
        await page.send("text", text="Kaffet var kallt")
        assert (await page.until("reply", final=True))["purpose"] == "follow_up"
    assert len(set(texts)) == 3
    assert [turn["low_confidence"] for turn in replica.log.data("utterance_committed")] == [True, True, True, False]
    assert len(replica.interviewer.asked) == 1
    assert [exchange.answer for exchange in replica.interviewer.asked[0].exchanges] == ["Kaffet var kallt"]


async def test_silence_is_asked_about_a_limited_number_of_times(replica):
    async with replica.page() as page:
        await page.begin("voice")
        for number in (1, 2, 3):
            await page.audio(8.2, loud=False)
            reply = await page.until("reply", final=True)
            assert (reply["turn"], reply["purpose"]) == (number, "no_speech")
            await page.send("shown", turn=number, at_ms=0.0)
            await page.until("question")
            await replica.clock.run_until(page.until("state", state="listening"), step=0.1)
        await page.audio(8.2, loud=False)
        await page.send("ping", at_ms=5.0)
        await page.until("pong", at_ms=5.0)
    assert len(replica.log.data("turn_failed")) == 3
    assert {failed["reason"] for failed in replica.log.data("turn_failed")} == {"no_speech"}


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (RuntimeError("model"), "recogniser_error"),
        (RecogniserBusy(waiting=8, retry_after_s=4.0), "busy"),
    ],
)
async def test_a_failed_recognition_is_followed_by_another_question(replica, says, reason):
    replica.recogniser.says = [says]
    async with replica.page() as page:
        await page.begin("voice")
        await page.speak()
        if reason == "busy":
            assert (await page.until("busy"))["retry_after_s"] == 4.0
        assert (await page.until("error"))["code"] == reason
        assert (await page.until("reply", final=True))["purpose"] == "ask_again"
        await page.until("question", turn=2)
        await page.send("mode", mode="text")
        await page.until("state", state="ready")
        assert (await page.write("Då skriver jag: kaffet var kallt"))["turn"] == 2
    assert replica.log.data("turn_failed") == [{"turn": 1, "reason": reason, "mode": "voice"}]


async def test_a_hanging_recogniser_is_answered_within_the_cap(running):
    async with running(limits=Limits(recognition_seconds=5.0)) as replica, replica.page() as page:
        replica.recogniser.seconds = 1e9
        await page.begin("voice")
        await page.speak()
        await page.until("state", state="thinking")
        before = replica.clock.monotonic()
        assert (await replica.clock.run_until(page.until("error"), step=0.1))["code"] == "recogniser_timeout"
        await page.until("reply", final=True)
        # The recognition began at the soft end; the cap counts from the commit.
        assert replica.clock.monotonic() - before <= 5.0 + 1.0


async def test_frames_are_dropped_while_a_reply_is_shown(replica):
    async with replica.page() as page:
        await page.begin("voice")
        await page.speak()
        await page.until("question", turn=2)
        await page.audio(1.0, loud=True)
        await page.send("ping", at_ms=5.0)
        await page.until("pong", at_ms=5.0)  # The edge has read all frames.
        assert len(replica.recogniser.finals) == 1
        await replica.clock.run_until(page.until("state", state="listening"), step=0.5)
        await page.speak()
        assert (await page.until("heard"))["turn"] == 2


async def test_audio_before_consent_is_refused(replica):
    async with replica.page() as page:
        await page.hello()
        await page.audio(0.04, loud=True)
        assert (await page.until("error"))["code"] == "out_of_order"
    async with replica.page() as page:
        await page.begin("text")
        await page.audio(0.04, loud=True)
        assert (await page.until("error"))["code"] == "out_of_order"


async def test_a_denied_microphone_leaves_the_customer_writing(replica):
    async with replica.page() as page:
        await page.hello()
        await page.send("start", mode="voice", language="sv")
        await page.send("consent", granted=True, version="2026-11", scope=["transcript"])
        await page.until("question")
        await page.send("microphone", result="denied")
        await page.until("ack")
        await page.until("state", state="ready")
        await page.write("Kaffet var kallt")
    assert replica.log.data("microphone_result") == [{"result": "denied", "sample_rate": None}]


async def test_a_ten_minute_monologue_ends_in_turns_and_then_in_the_review(running):
    async with running(limits=Limits(speech_seconds=100.0)) as replica, replica.page() as page:
        await page.begin("voice")
        talking = asyncio.create_task(page.audio(600.0, loud=True))
        async with asyncio.timeout(60):
            await page.until("review")
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
    turns = replica.log.data("utterance_committed")
    assert len(turns) == 3
    assert all(turn["speech_samples"] <= (MAX_TURN_SECONDS + 1) * 16_000 for turn in turns)
    assert replica.log.data("reply_sent")[-1]["purpose"] == "thanks"


async def test_audio_faster_than_real_time_is_refused(replica):
    async with replica.page() as page:
        await page.begin("voice")
        replica.clock.advance = no_time  # type: ignore[method-assign]
        with contextlib.suppress(ConnectionClosed):
            await page.audio(51.0, loud=False)
        assert await page.closed() == 4429


async def no_time(seconds: float) -> None:
    await asyncio.sleep(0)


async def test_frames_sent_twice_are_heard_once(replica):
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(1.0, loud=True)
        page.frame_number -= 20
        await page.audio(0.8, loud=True)
        await page.audio(0.8, loud=False)
        await page.until("heard")
    speech = replica.log.data("utterance_committed")[0]["speech_samples"] / 16_000
    assert speech == pytest.approx(1.0, abs=0.1)


async def test_no_frame_of_speech_is_acknowledged_before_it_is_on_the_disk(replica):
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(0.4, loud=False)
        before = page.frame_number - 1
        await page.audio(1.0, loud=True)
        await page.until("state", state="hearing")
        await page.send("client_error", code="x")
        assert (await page.until("ack"))["frame"] <= before + 3
        await page.audio(0.8, loud=False)
        await page.until("heard")
        assert (await page.until("ack"))["frame"] >= before + 25
