"""Speech of up to 45 s without a pause: what was heard in parts is kept, whatever happens to the end."""

from __future__ import annotations

import pytest

from pilot.words import say
from tests.voice_edge.replicas import eventually
from voice_edge.hearing.errors import RecogniserBusy, RecognitionFailed
from voice_edge.hearing.transcript import joined
from voice_edge.hearing.turn_taking import MAX_TURN_SECONDS

SLOW = 0.4  # seconds of recognition for a second of speech: 45 s in one piece take 18 s
PART_SECONDS = 15
BUSY = RecogniserBusy(waiting=8, retry_after_s=4.0)
BROKEN = RecognitionFailed("A recognition broke off.", remedy="Say it again.")


def said(replica, heard, *texts):
    replica.recogniser.says = [text if isinstance(text, Exception) else heard(text) for text in texts]


async def monologue(replica, page, seconds):
    """Speak without a pause, then wait for the turn."""
    await page.begin("voice")
    await page.audio(seconds, loud=True)
    if seconds < MAX_TURN_SECONDS:
        await page.audio(0.8, loud=False)
    return await replica.clock.run_until(page.until("heard"), step=0.1)


@pytest.mark.parametrize(("seconds", "parts"), [(20.0, 2), (30.0, 2), (40.0, 3), (46.0, 4)])
async def test_a_long_turn_on_a_slow_recogniser_is_heard_whole(replica, heard, seconds, parts):
    replica.recogniser.seconds_per_second = SLOW
    texts = ["Kaffet var gott", "men kön var lång", "och bullen torr", "så det blev dyrt"][:parts]
    said(replica, heard, *texts)
    async with replica.page() as page:
        turn = await monologue(replica, page, seconds)
        await page.until("reply", final=True)
    words = turn["text"].split()
    assert " ".join(words[: len(" ".join(texts).split())]) == " ".join(texts)
    assert replica.log.data("turn_failed") == []
    assert max(len(audio) / 16_000 for audio in replica.recogniser.finals) <= PART_SECONDS + 1


@pytest.mark.parametrize("end", [BUSY, BROKEN, "hangs"])
async def test_if_the_end_is_not_heard_the_beginning_is_kept_and_the_guest_informed(replica, heard, end):
    said(replica, heard, "Kaffet var gott", "men kön var lång", *([] if end == "hangs" else [end]))
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(35.0, loud=True)
        if end == "hangs":
            replica.recogniser.seconds = 1e9
        await page.audio(0.8, loud=False)
        turn = await replica.clock.run_until(page.until("heard"), step=0.1)
        await page.until("reply", final=True)
        error = next(message for message in page.seen if message["type"] == "error")
    assert turn["text"] == "Kaffet var gott men kön var lång"
    assert (error["code"], error["message"]) == ("partly_heard", say("edge", "errors.partly_heard", "sv"))
    assert replica.log.data("utterance_committed")[0]["transcript"] == turn["text"]


async def test_a_part_that_fails_is_recognised_again(replica, heard):
    said(replica, heard, BROKEN, "Kaffet var gott", "men kön var lång")
    async with replica.page() as page:
        turn = await monologue(replica, page, 24.0)
        await page.until("reply", final=True)
    assert turn["text"] == "Kaffet var gott men kön var lång"


async def test_a_long_turn_that_resumes_after_a_pause_keeps_its_parts(replica, heard):
    said(replica, heard, "Kaffet var gott", "och", "men kön var lång", "och bullen torr")
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(18.0, loud=True)
        await page.audio(0.5, loud=False)
        await page.audio(12.0, loud=True)
        await page.audio(0.8, loud=False)
        turn = await replica.clock.run_until(page.until("heard"), step=0.1)
        await page.until("reply", final=True)
    assert turn["text"] == "Kaffet var gott men kön var lång och bullen torr"
    assert turn["revision"] == 2


async def test_captions_of_a_long_turn_begin_with_its_first_words(replica, heard):
    said(replica, heard, "Bullen var torr")
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(20.0, loud=True)
        await page.send("ping", at_ms=1.0)
        await page.until("pong")
        captions = [message["text"] for message in page.seen if message["type"] == "partial"]
    assert captions[0] == "Kaffet var"
    assert captions[-1] == "Bullen var torr Kaffet var"


async def test_the_next_turn_contains_nothing_of_a_long_one(replica, heard):
    said(replica, heard, "Kaffet var gott", "men kön var lång", "Det är bra")
    async with replica.page() as page:
        turn = await monologue(replica, page, 20.0)
        reply = await page.until("reply", final=True)
        await page.send("shown", turn=reply["turn"], at_ms=0.0)
        await replica.clock.run_until(page.until("state", state="listening"), step=0.1)
        await page.speak()
        second = await replica.clock.run_until(page.until("heard"), step=0.1)
    assert turn["text"] == "Kaffet var gott men kön var lång"
    assert second["text"] == "Det är bra"


async def test_a_page_that_leaves_in_a_long_turn_leaves_no_recognition(replica):
    replica.recogniser.seconds = 1e9
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(16.0, loud=True)
        await page.send("leave")
        await page.closed()
    await eventually(lambda: page.session_id in replica.recogniser.forgotten)


def test_joined_parts_weigh_their_confidence_by_words(heard):
    sure, unsure = heard("ett två tre fyra", confidence=0.9), heard("fem", confidence=0.2, low_confidence=True)
    whole = joined([sure, heard("", no_speech=True), unsure])
    assert whole.text == "ett två tre fyra fem"
    assert not whole.low_confidence
    assert 0.6 < whole.confidence < 0.7
    assert joined([unsure, heard("sex sju", low_confidence=True)]).low_confidence
    assert joined([heard("", no_speech=True), heard("", no_speech=True)]).no_speech
