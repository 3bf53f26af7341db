"""Speculation before the end of a turn: used or discarded once, never shown, never in the history."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from tests.voice_edge.replicas import eventually


async def asked(replica, number: int) -> None:
    """Wait until the interviewer has received its n-th request."""
    await eventually(lambda: len(replica.interviewer.asked) == number)


def counted(replica, name: str) -> dict[str, float]:
    text = replica.edge.metrics.text().decode()
    return {
        sample.labels["outcome"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


async def test_a_speculative_reply_is_requested_once_and_sent_once(replica):
    # livekit's preemptive generation called the model twice and answered twice.
    async with replica.page() as page:
        await page.begin("voice")
        await page.speak()
        await page.until("question", turn=2)
    assert len(replica.interviewer.asked) == 1
    assert len([message for message in page.seen if message["type"] == "reply" and message["final"]]) == 1
    assert counted(replica, "edge_speculations_total") == {"used": 1.0}
    assert replica.log.data("utterance_committed")[0]["discarded_speculations"] == 0


async def test_each_pause_counts_one_discarded_speculation(replica, heard):
    replica.recogniser.says = [heard(f"Kaffet var gott {number}") for number in range(4)]
    async with replica.page() as page:
        await page.begin("voice")
        for number in (1, 2, 3):
            await page.audio(0.6, loud=True, paced=True)
            await page.audio(0.4, loud=False, paced=True)
            await asked(replica, number)
        await page.speak(0.6)
        await page.until("question", turn=2)
    turn = replica.log.data("utterance_committed")[0]
    assert (turn["revision"], turn["discarded_speculations"]) == (4, 3)
    assert counted(replica, "edge_speculations_total") == {"used": 1.0, "discarded": 3.0}
    assert replica.interviewer.open == 0
    # Only what was committed is in the history.
    assert [len(asked.exchanges) for asked in replica.interviewer.asked] == [1, 1, 1, 1]


async def test_a_speculative_reply_is_discarded_after_an_edit_of_an_earlier_turn(replica, heard):
    replica.recogniser.says = [heard("Kaffet var gott"), heard("Vid lunch")]
    async with replica.page() as page:
        await page.begin("voice")
        await page.speak()
        await page.until("question", turn=2)
        await page.send("shown", turn=1, at_ms=0.0)
        await replica.clock.run_until(page.until("state", state="listening"), step=0.1)
        await page.audio(1.0, loud=True, paced=True)
        await page.audio(0.4, loud=False, paced=True)
        await asked(replica, 2)
        await page.send("edit", turn=1, text="Kaffet var kallt")
        await page.until("ack")
        await page.audio(0.4, loud=False, paced=True)
        await page.until("question", turn=3)
    assert [exchange.answer for exchange in replica.interviewer.asked[-1].exchanges] == [
        "Kaffet var kallt",
        "Vid lunch",
    ]
    assert len(replica.interviewer.asked) == 3


async def test_no_speculative_reply_is_shown_before_the_end_of_the_turn(replica):
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(1.0, loud=True, paced=True)
        await page.audio(0.4, loud=False, paced=True)
        await asked(replica, 1)
        await page.audio(1.0, loud=True, paced=True)
        await page.send("ping", at_ms=1.0)
        await page.until("pong")
        assert not [message for message in page.seen if message["type"] in ("reply", "heard")]
        assert "utterance_committed" not in replica.log.names()


async def test_a_session_that_ends_leaves_no_speculation_behind(replica):
    replica.recogniser.seconds = 5.0
    replica.interviewer.seconds = 5.0
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(1.0, loud=True)
        await page.audio(0.4, loud=False)
        await eventually(lambda: len(replica.recogniser.finals) == 1)
        page.socket.transport.abort()
        await eventually(lambda: replica.edge.sessions.count == 0)
    assert replica.recogniser.forgotten == [page.session_id]
    assert replica.edge.sessions.talking == 0
    assert replica.interviewer.open == 0
