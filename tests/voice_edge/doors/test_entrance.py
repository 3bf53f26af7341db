"""The entrance: opening hours, pauses, maintenance; a session under way is never refused."""

from __future__ import annotations

import pytest

from pilot.settings import Settings
from storage.store.cafes import cafe_states, switches
from voice_edge.doors.entrance import Entrance, is_trial_address


async def refused(replica, **hello) -> tuple[dict, int]:
    async with replica.page() as page:
        await page.send(
            "hello", **{"v": 1, "code": replica.code, "language": "sv", "client": {"browser": "Safari"}, **hello}
        )
        return await page.until("error"), await page.closed()


async def test_a_closed_cafe_says_when_it_opens_in_both_languages(client, replica, at):
    at("2026-11-23T22:00:00")
    answer = await client.get(f"/c/{replica.code}")
    assert answer.status_code == 200
    assert "Café Aurora öppnar igen i morgon klockan 07.00." in answer.text
    assert "Café Aurora opens again tomorrow at 07:00." in answer.text
    assert "07.00–19.00" in answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("moment", "swedish", "english"),
    [
        ("2026-11-23T05:00:00", "i dag klockan 07.00", "today at 07:00"),
        ("2026-12-24T12:00:00", "på lördag klockan 10.00", "on Saturday at 10:00"),
        ("2026-06-19T12:00:00", "i morgon klockan 10.00", "tomorrow at 10:00"),
    ],
)
async def test_the_next_opening_is_worded_like_everyday_speech(client, replica, at, moment, swedish, english):
    at(moment)
    text = (await client.get(f"/c/{replica.code}")).text
    assert swedish in text
    assert english in text


async def test_a_holiday_is_named(client, replica, at):
    at("2026-12-24T12:00:00")
    text = (await client.get(f"/c/{replica.code}")).text
    assert "I dag är det stängt: Julafton." in text
    assert "Closed today: Christmas Eve." in text


async def test_a_closed_cafe_refuses_new_sessions_and_names_its_opening(replica, at):
    at("2026-11-23T22:00:00")
    error, close = await refused(replica)
    assert (error["code"], error["opens_at"], close) == ("closed", "2026-11-24T07:00:00+01:00", 4403)
    assert "stängt" in error["message"]


async def test_a_session_under_way_finishes_after_closing_also_when_resumed(replica, at):
    at("2026-11-23T19:20:00")
    async with replica.page() as page:
        welcome = await page.hello(simulated=False)
        assert welcome["closes_at"] == "2026-11-23T19:30:00+01:00"
        await page.send("start", mode="text", language="sv")
        await page.send("consent", granted=True, version="2026-11", scope=["transcript"])
        await page.until("question")
        await page.write("Kaffet var gott men kön var lång vid lunch.")
        await page.until("question", turn=2)
        snapshot = page.snapshot
    at("2026-11-23T19:31:00")
    async with replica.page() as page:
        assert (await page.hello(simulated=False, resume=snapshot))["resumed"]
        await page.send("finish")
        assert (await page.until("completed"))["receipt"].startswith("/r/")


async def test_a_session_that_was_not_started_before_closing_is_refused(replica, at):
    async with replica.page() as page:
        await page.hello(simulated=False)
        await page.until("ack")
        snapshot = page.snapshot
    at("2026-11-23T19:31:00")
    error, close = await refused(replica, resume=snapshot)
    assert (error["code"], close) == ("closed", 4403)


async def test_a_closing_more_than_an_hour_away_is_not_sent(replica):
    async with replica.page() as page:
        assert "closes_at" not in await page.hello(simulated=False)


async def test_a_test_client_is_admitted_at_any_hour(replica, at):
    at("2026-11-23T02:00:00")
    async with replica.page() as page:
        assert (await page.hello(simulated=True))["device_token"] == "off"


@pytest.mark.parametrize(
    ("url", "here_only"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost:8000", True),
        ("http://[::1]:8000", True),
        ("https://aurora.feedbackai.se", False),
        ("https://192.168.1.20:8443", True),
        ("http://127.0.0.1.evil.example", False),
        ("https://192.168.1.20.evil.example", False),
        ("https://8.8.8.8", False),
        ("https://laptop.local:8443", True),
    ],
)
def test_hours_apply_at_every_address_that_guests_can_reach(url, here_only):
    assert is_trial_address(url) is here_only


async def test_a_trial_at_night_on_a_private_address_is_admitted_with_a_banner(client, replica, at):
    at("2026-11-23T23:30:00")
    replica.edge.doors.entrance = Entrance(hours_apply=not is_trial_address(Settings().public_url))
    text = (await client.get(f"/c/{replica.code}")).text
    assert "Café Aurora är stängt just nu. Adressen är bara till för provkörning, så du kommer in ändå." in text
    assert "Testläge" not in text
    async with replica.page() as page:
        await page.hello(simulated=False)


async def test_a_paused_cafe_refuses_without_showing_the_reason(client, replica, board):
    cafe_states.pause(replica.home.store(), "aurora", actor="siv", reason="Råttor i köket.")
    await board()
    answer = await client.get(f"/c/{replica.code}")
    assert "Café Aurora tar inte emot svar just nu." in answer.text
    assert "Råttor" not in answer.text
    error, close = await refused(replica)
    assert (error["code"], error["retryable"], close) == ("paused", False, 4403)
    cafe_states.resume(replica.home.store(), "aurora", actor="siv")
    await board()
    assert 'id="boot"' in (await client.get(f"/c/{replica.code}")).text


async def test_maintenance_refuses_all_but_sessions_under_way_and_receipts(client, replica, board):
    async with replica.page() as page:
        await page.begin("text", simulated=False)
        switches.turn(replica.home.store(), "maintenance", on=True, actor="siv", reason="New disk.")
        await board()
        answer = await client.get(f"/c/{replica.code}")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert "Vi arbetar med tjänsten just nu." in answer.text
        assert f'href="/c/{replica.code}"' in answer.text
        error, close = await refused(replica, simulated=True)
        assert (error["code"], error["retryable"], close) == ("maintenance", True, 4503)
        await page.write("Kaffet var gott men kön var lång vid lunch.")
        await page.send("finish")
        receipt = (await page.until("completed"))["receipt"]
    assert (await client.get(receipt)).status_code == 200


async def test_a_pause_applies_within_seconds_and_lasts_while_the_store_is_away(client, replica):
    cafe_states.pause(replica.home.store(), "aurora", actor="siv", reason="")
    await replica.clock.run_until(_paused(replica))
    assert "Vi tar en paus" in (await client.get(f"/c/{replica.code}")).text
    replica.store_away = True
    await replica.edge.doors.board.refresh()
    assert replica.edge.doors.board.store_away
    assert "Vi tar en paus" in (await client.get(f"/c/{replica.code}")).text


async def _paused(replica) -> None:
    while not replica.edge.doors.board.state.states:
        await replica.clock.sleep(0.5)
