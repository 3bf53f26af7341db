"""Every turn ends in a reply, another question or a close within the cap, whatever fails."""

from __future__ import annotations

import asyncio

import pytest

from tests.ollama_server.running import running as running_model
from tests.ollama_server.server import StandIn
from tests.ollama_server.speakers import Crash, HangUp, Planned, Stall, Token
from tests.voice_edge.replicas import eventually
from voice_edge.conversation import recorder
from voice_edge.conversation.voice_turns import STARVED_SECONDS
from voice_edge.doors.limits import Limits
from voice_edge.hearing.errors import RecognitionFailed
from voice_edge.interviewer import OllamaInterviewer

CAP_SECONDS = Limits().recognition_seconds + Limits().reply_seconds


async def test_a_turn_without_words_is_asked_again(replica, heard):
    # pipecat's turns stalled here: the voice activity fired, the recogniser gave nothing.
    for nothing in (heard("", no_speech=True), heard("   ")):
        replica.recogniser.says = [nothing]
        async with replica.page() as page:
            await page.begin("voice")
            await page.speak()
            assert (await page.until("reply", final=True))["purpose"] == "no_speech"
            assert (await page.until("question"))["turn"] == 2
            await replica.clock.run_until(page.until("state", state="listening"), step=0.2)


async def test_a_recognition_that_breaks_off_is_asked_again(replica):
    replica.recogniser.says = [RecognitionFailed("A recognition broke off.", remedy="Say it again.")]
    async with replica.page() as page:
        await page.begin("voice")
        await page.speak()
        assert (await page.until("error"))["code"] == "recogniser_error"
        await page.until("question", turn=2)


@pytest.mark.parametrize("fault", ["stalls", "breaks_off", "broken"])
async def test_an_interviewer_that_fails_before_or_after_its_first_words_is_replaced(replica, fault):
    setattr(replica.interviewer, fault, True)
    async with replica.page() as page:
        await page.begin("voice")
        await page.speak()
        await page.until("heard")
        before = replica.clock.monotonic()
        reply = await replica.clock.run_until(page.until("reply", final=True))
        assert reply["purpose"] == "thanks"
        assert replica.clock.monotonic() - before <= Limits().reply_seconds + 1.0
        await page.until("review")
    assert replica.log.data("turn_failed")[0]["reason"] == "responder_error"
    assert replica.interviewer.open == 0


async def test_a_slow_recogniser_and_a_hanging_interviewer_together_stay_within_the_cap(replica):
    replica.recogniser.seconds = Limits().recognition_seconds - 0.5
    replica.interviewer.seconds = 1e9
    async with replica.page() as page:
        await page.begin("voice")
        await page.speak()
        await page.until("state", state="thinking")
        before = replica.clock.monotonic()
        await replica.clock.run_until(page.until("reply", final=True))
        assert replica.clock.monotonic() - before <= CAP_SECONDS + 1.0


@pytest.mark.parametrize("mode", ["voice", "text"])
@pytest.mark.parametrize("fault", ["broken", "hangs"])
async def test_a_disk_that_fails_or_hangs_is_reported_and_nothing_is_acknowledged(replica, mode, fault):
    async with replica.page() as page:
        await page.begin(mode)
        acknowledged = [message for message in page.seen if message["type"] == "ack"]
        setattr(replica.log, fault, True)
        before = replica.clock.monotonic()
        if mode == "voice":
            await page.speak()
        else:
            await page.send("text", text="Kaffet var kallt")
        error = await replica.clock.run_until(page.until("error"))
        assert error["code"] == "not_saved"
        assert await replica.clock.run_until(page.closed()) == 4503
        assert replica.clock.monotonic() - before <= recorder.MOST_SECONDS + CAP_SECONDS
        assert [message for message in page.seen if message["type"] == "ack"] == acknowledged
        answers = {"heard", "reply", "review"} & {message["type"] for message in page.seen}
        assert not answers, "a reply was shown to a turn that is not on the disk"
        setattr(replica.log, fault, False)
    async with replica.page() as again:
        assert (await again.hello(resume=page.snapshot))["resumed"] is True
        assert (await again.write("Kaffet var kallt"))["turn"] == 1
    assert len(replica.log.data("utterance_committed")) == 1


async def test_a_turn_is_on_the_disk_before_any_of_its_reply_is_shown(replica):
    async with replica.page() as page:
        await page.begin("text")
        replica.log.slow = asyncio.Event()
        await page.send("text", text="Kaffet var kallt")
        await page.until("state", state="thinking")
        await eventually(lambda: bool(replica.interviewer.asked))  # The reply is made meanwhile.
        await page.send("ping", at_ms=1.0)
        await page.until("pong")
        assert not [message for message in page.seen if message["type"] in ("heard", "reply")]
        replica.log.slow.set()
        await page.until("reply", final=True)
        types = [message["type"] for message in page.seen if message["type"] in ("heard", "ack", "reply")]
        assert types[types.index("heard") :][:3] == ["heard", "ack", "reply"]


async def test_a_slow_disk_and_a_hanging_interviewer_together_stay_within_the_cap(replica):
    replica.interviewer.seconds = 1e9
    async with replica.page() as page:
        await page.begin("text")
        replica.log.slow = asyncio.Event()
        before = replica.clock.monotonic()
        await page.send("text", text="Kaffet var kallt")
        await page.until("state", state="thinking")
        await replica.clock.advance(recorder.MOST_SECONDS - 0.5)
        replica.log.slow.set()
        await replica.clock.run_until(page.until("reply", final=True))
        assert replica.clock.monotonic() - before <= Limits().reply_seconds + 1.0


async def test_a_talk_continues_unchanged_while_the_store_is_away(replica):
    async with replica.page() as page:
        await page.begin("voice")
        replica.store_away = True
        await page.speak()
        await page.until("reply", final=True)
        await page.until("question", turn=2)
        await page.send("finish")
        assert (await page.until("completed"))["receipt"]
    replica.store_away = False


@pytest.mark.parametrize("end", [Stall(), Crash(), HangUp()])
async def test_a_language_model_that_dies_mid_reply_is_replaced(running, end):
    model = StandIn(Planned([[Token("What"), Token(" made"), end]]))
    async with running_model(model) as url:
        asking = OllamaInterviewer(url=url, model="stand-in")
        await asking.preload()
        async with running(interviewer=asking) as replica, replica.page() as page:
            await page.begin("text", language="en")
            await page.send("text", text="The bun was dry and the queue was long")
            reply = await page.until("reply", final=True)
            assert reply["text"].strip()
            assert (await page.until("question", turn=2))["text"] == reply["text"]
        await asking.close()


async def test_a_microphone_that_dies_mid_sentence_ends_the_turn(replica):
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(1.0, loud=True)
        await page.until("state", state="hearing")
        before = replica.clock.monotonic()
        turn = await replica.clock.run_until(page.until("heard"), step=0.5)
        assert turn["text"].startswith("Kaffet")
        assert replica.clock.monotonic() - before <= STARVED_SECONDS + 2.0
        await page.until("reply", final=True)


async def test_a_microphone_that_sends_nothing_is_asked_about_three_times(replica):
    async with replica.page() as page:
        await page.begin("voice")
        for number in (1, 2, 3):
            reply = await replica.clock.run_until(page.until("reply", final=True), step=0.5)
            assert (reply["turn"], reply["purpose"]) == (number, "no_speech")
            await page.send("shown", turn=number, at_ms=0.0)
        assert await replica.clock.run_until(page.closed(), step=2.0) == 4408
    assert replica.log.data("session_abandoned") == [{"reason": "idle"}]


async def test_switching_to_writing_during_a_reply_stays_in_writing(replica):
    async with replica.page() as page:
        await page.begin("voice")
        await page.speak()
        await page.until("question", turn=2)
        await page.send("mode", mode="text")
        await page.until("state", state="ready")
        await replica.clock.advance(10.0)
        await page.send("ping", at_ms=9.0)
        await page.until("pong", at_ms=9.0)
        later = page.seen[page.seen.index({"type": "state", "state": "ready"}, -6) :]
        assert {"type": "state", "state": "listening"} not in later
        assert (await page.write("Och kön var lång"))["turn"] == 2


async def test_switching_to_writing_before_a_reply_stays_in_writing(replica):
    replica.interviewer.seconds = 1.0
    async with replica.page() as page:
        await page.begin("voice")
        await page.speak()
        await page.until("heard")
        await page.send("mode", mode="text")
        await replica.clock.run_until(page.until("question", turn=2), step=0.2)
        await replica.clock.run_until(page.until("state"), step=0.2)
        assert page.seen[-1]["state"] == "ready"


async def test_a_repeated_mode_message_does_not_cut_a_sentence(replica):
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(1.0, loud=True)
        await page.until("state", state="hearing")
        await page.send("mode", mode="voice")
        await page.speak(1.0)
        await page.until("heard")
    assert replica.log.data("utterance_committed")[0]["speech_samples"] == pytest.approx(2 * 16_000, abs=2_048)


async def test_writing_mid_sentence_discards_the_speech_and_is_answered(replica):
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(1.0, loud=True)
        await page.until("state", state="hearing")
        assert (await page.write("Jag skriver hellre"))["turn"] == 1
        await page.until("question", turn=2)
        await replica.clock.run_until(page.until("state", state="listening"), step=0.2)
        await page.speak()
        assert (await page.until("heard"))["turn"] == 2
    assert [turn["mode"] for turn in replica.log.data("utterance_committed")] == ["text", "voice"]


@pytest.mark.parametrize("jump", [7_200.0, -7_200.0])
async def test_a_clock_that_jumps_ends_no_session(replica, jump):
    async with replica.page() as page:
        await page.begin("text")
        await page.write("Kaffet var kallt")
        await page.until("question", turn=2)
        replica.clock.jump(jump)
        await replica.clock.advance(30.0)
        assert (await page.write("Vid lunch"))["turn"] == 2
        await page.until("question", turn=3)
        snapshot = page.snapshot
        page.socket.transport.abort()
    async with replica.page() as page:
        # A resume compares the wall clock with the session's identifier: after two hours forward it is over.
        resumed = jump < 0
        assert (await page.hello(resume=snapshot))["resumed"] is resumed
        if resumed:
            await page.until("question", turn=3)
            await page.send("finish")
            await page.until("completed")
