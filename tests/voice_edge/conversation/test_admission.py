"""A full recogniser: new talkers write, current talkers continue."""

from __future__ import annotations

from tests.voice_edge.replicas import eventually


async def test_a_refused_talker_gets_a_retry_time_and_can_write_meanwhile(replica):
    replica.recogniser.full_at = 1
    async with replica.page() as first, replica.page() as second:
        await first.begin("voice")
        await second.hello()
        await second.send("start", mode="voice", language="sv")
        await second.send("consent", granted=True, version="2026-11", scope=["transcript"])
        await second.until("question")
        await second.send("microphone", result="granted", sample_rate=48000)
        assert (await second.until("busy"))["retry_after_s"] == 12.0
        await second.until("state", state="ready")
        assert (await second.write("Då skriver jag"))["turn"] == 1
        await first.speak()
        assert (await first.until("reply", final=True))["turn"] == 1
    refused = [event for event in replica.log.events if event.event == "turn_failed"]
    assert [(event.session_id, event.data["reason"]) for event in refused] == [(second.session_id, "busy")]
    assert b'edge_admissions_refused_total{at="microphone"}' in replica.edge.metrics.text()


async def test_a_place_is_free_once_its_talker_writes_or_leaves(replica):
    replica.recogniser.full_at = 1
    async with replica.page() as first, replica.page() as second:
        await first.begin("voice")
        await second.hello()
        await second.send("start", mode="voice", language="sv")
        await second.send("consent", granted=True, version="2026-11", scope=["transcript"])
        await second.send("microphone", result="granted")
        await second.until("busy")
        await first.send("mode", mode="text")
        await first.until("state", state="ready")
        await second.send("mode", mode="voice")
        await second.until("state", state="listening")
        await first.send("mode", mode="voice")
        await first.until("busy")
        await second.send("leave")
        await second.closed()
        await eventually(lambda: replica.edge.sessions.talking == 0)
        await first.send("mode", mode="voice")
        await first.until("state", state="listening")


async def test_a_current_talker_keeps_the_place_in_a_full_recogniser(replica):
    async with replica.page() as page:
        await page.begin("voice")
        replica.recogniser.full_at = 0
        await page.speak()
        await page.until("question", turn=2)
        await replica.clock.run_until(page.until("state", state="listening"), step=0.2)
        await page.speak()
        assert (await page.until("heard"))["turn"] == 2
