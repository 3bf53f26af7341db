"""The operator's switches at a replica: maintenance, text only, a disabled café, speed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from storage.store.cafes import cafe_states, switches

NIGHTS = [
    # The night to 25 October has a second hour from 2 to 3; the night to 28 March has none.
    (datetime(2026, 10, 24, 23, 0, tzinfo=UTC), timedelta(hours=3), "i dag klockan 03.00", "today at 03:00"),
    (datetime(2027, 3, 28, 0, 0, tzinfo=UTC), timedelta(hours=2), "i dag klockan 04.00", "today at 04:00"),
]


def turn(replica, name: str, on: bool, **more) -> None:
    switches.turn(replica.home.store(), name, on=on, actor="siv", reason="Ny disk.", **more)


@pytest.mark.parametrize(("begins", "lasts", "swedish", "english"), NIGHTS)
async def test_the_maintenance_page_gives_its_end_on_a_night_of_a_clock_change(
    client, replica, board, begins, lasts, swedish, english
):
    replica.clock._begin = begins - timedelta(seconds=replica.clock.monotonic())
    turn(replica, "maintenance", True, until=begins + lasts)
    await board()
    for address in (f"/c/{replica.code}", "/"):
        answer = await client.get(address)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "3600")
        assert f"tillbaka {swedish}." in answer.text
        assert f"back {english}." in answer.text
        assert "Ny disk" not in answer.text


@pytest.mark.parametrize(("left", "seconds"), [(timedelta(minutes=10), 600), (timedelta(minutes=-5), 60)])
async def test_retry_after_follows_the_end_also_one_that_has_passed(client, replica, board, left, seconds):
    turn(replica, "maintenance", True, until=replica.clock.now() + left)
    await board()
    answer = await client.get("/")
    assert seconds - 5 <= int(answer.headers["retry-after"]) <= seconds
    assert ("Vi räknar med" in answer.text) is (left > timedelta())


async def test_a_disabled_cafe_shows_the_operators_words_in_both_languages(client, replica, board):
    shown = ("Vi bygger om caféet till fredag.", "We are rebuilding the café until Friday.")
    cafe_states.pause(replica.home.store(), "aurora", actor="siv", reason="ombyggnad", shown=shown)
    await board()
    text = (await client.get(f"/c/{replica.code}")).text
    assert all(words in text for words in shown)
    assert "ombyggnad" not in text
    cafe_states.resume(replica.home.store(), "aurora", actor="siv")
    cafe_states.pause(replica.home.store(), "aurora", actor="siv", reason="ombyggnad")
    await board()
    text = (await client.get(f"/c/{replica.code}")).text
    assert "Café Aurora tar inte emot svar just nu." in text and shown[0] not in text


async def test_fallback_offers_no_voice_on_a_new_page_and_offers_it_again(client, replica, board):
    turn(replica, "fallback", True)
    await board()
    text = (await client.get(f"/c/{replica.code}")).text
    assert "Just nu går det bara att skriva, inte att prata." in text
    assert 'id="choose-voice" hidden' in text
    english = (await client.get(f"/c/{replica.code}?lang=en")).text
    assert "Right now you can only write, not talk." in english
    async with replica.page() as page:
        assert (await page.hello())["voice"]["offered"] is False
    turn(replica, "fallback", False)
    await board()
    assert 'id="choose-voice" hidden' not in (await client.get(f"/c/{replica.code}")).text
    async with replica.page() as page:
        assert (await page.hello())["voice"]["offered"] is True


async def test_a_spoken_session_under_way_is_asked_to_write_and_may_talk_again(replica, heard):
    replica.recogniser.says = [heard("Kaffet var gott"), heard("Kön var lång")]
    async with replica.page() as page:
        await page.begin("voice")
        turn(replica, "fallback", True)
        change = await replica.clock.run_until(page.until("voice"))
        assert change["offered"] is False
        await page.send("mode", mode="text")
        await page.write("Kaffet var gott men kön var lång vid lunch.")
        turn(replica, "fallback", False)
        assert (await replica.clock.run_until(page.until("voice")))["offered"] is True
        await page.send("mode", mode="voice")
        await page.until("state", state="listening")


async def test_an_older_page_that_ignores_the_switch_is_no_longer_heard_after_its_turn(replica, board, heard):
    replica.recogniser.says = [heard("Kaffet var gott men kön var lång")]
    async with replica.page() as page:
        await page.begin("voice")
        turn(replica, "fallback", True)
        await board()
        await page.speak()
        await page.until("reply", final=True)
        await page.send("shown", turn=1, at_ms=page.captured_ms + 300)
        await replica.clock.run_until(page.until("voice", offered=False), step=0.1)
        await page.write("Det var allt.")
    assert len(replica.recogniser.finals) == 1


@pytest.mark.parametrize("fast", [False, True])
async def test_with_speed_first_the_script_replies_and_no_caption_is_recognised(replica, board, fast):
    turn(replica, "performance", fast)
    await board()
    async with replica.page() as page:
        await page.begin("voice")
        await page.audio(4.0, loud=True, paced=True)
        await page.audio(0.8, loud=False, paced=True)
        await page.until("reply", final=True)
    assert (replica.interviewer.asked == [], replica.recogniser.partials == 0) == (fast, fast)


async def test_the_switches_outlive_a_restart_of_the_replica(client, replica):
    for name in ("maintenance", "fallback", "performance"):
        turn(replica, name, True)
    fresh = type(replica.edge.doors.board)(replica.home.store, cafes=replica.edge.cafes, clock=replica.edge.clock)
    await fresh.refresh()
    assert (fresh.state.maintenance, fresh.state.fallback, fresh.state.performance) == (True, True, True)
