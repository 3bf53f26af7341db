"""Known tills: whoever signed in before or has the manager's link never waits because of others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payouts.till_sign_in import DEVICE_DAYS, SCRYPT, device_mark, invitation, invited_device, known_device
from tests.voice_edge.http.till.conftest import PIN

WIFI = {"X-Forwarded-For": "203.0.113.9"}
SIGN_IN = "/till/aurora/sign-in"


@pytest.fixture(autouse=True)
def _quick_pins(monkeypatch):
    monkeypatch.setitem(SCRYPT, "n", 2)


async def guess(till, count: int, **headers: str) -> list[int]:
    """Send wrong PINs without any cookie; return the statuses."""
    kept = dict(till.cookies)
    till.cookies.clear()
    statuses = [
        (await till.post(SIGN_IN, data={"pin": f"{n:06d}"}, headers={**WIFI, **headers})).status_code
        for n in range(count)
    ]
    for name, value in kept.items():
        till.cookies.set(name, value, path="/till/aurora")
    return statuses


async def test_a_till_that_signed_in_before_does_not_wait_for_others_guesses(till):
    assert (await till.post(SIGN_IN, data={"pin": PIN}, headers=WIFI)).status_code == 303
    assert (await guess(till, 8))[-1] == 429
    assert (await till.post(SIGN_IN, data={"pin": PIN}, headers=WIFI)).status_code == 303
    till.cookies.clear()
    assert (await till.post(SIGN_IN, data={"pin": PIN}, headers=WIFI)).status_code == 429


async def test_a_known_tills_own_guesses_are_limited(till):
    assert (await till.post(SIGN_IN, data={"pin": PIN}, headers=WIFI)).status_code == 303
    statuses = [(await till.post(SIGN_IN, data={"pin": "000000"})).status_code for _ in range(7)]
    assert statuses == [403] * 6 + [429]


async def test_the_managers_link_makes_a_new_till_known(till, home):
    assert (await guess(till, 8))[-1] == 429
    link = f"/till/aurora?till={invitation(home.secret(), cafe='aurora', number=1)}"
    opened = await till.get(link, headers=WIFI)
    assert (opened.status_code, opened.headers["location"]) == (303, "/till/aurora?lang=sv")
    cookie = opened.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Path=/till/aurora"))
    assert 'name="pin"' in (await till.get("/till/aurora")).text  # It signs nobody in.
    assert (await till.post(SIGN_IN, data={"pin": PIN}, headers=WIFI)).status_code == 303


async def test_all_tills_with_one_link_share_its_guesses(till, home):
    link = f"/till/aurora?till={invitation(home.secret(), cafe='aurora', number=1)}"
    statuses = []
    for n in range(8):
        till.cookies.clear()
        await till.get(link, headers={"X-Forwarded-For": f"203.0.113.{n}"})
        statuses.append((await till.post(SIGN_IN, data={"pin": "000000"})).status_code)
    assert statuses == [403] * 6 + [429] * 2


@pytest.mark.parametrize("kind", ["old PIN", "another café", "guessed", "empty"])
async def test_a_link_of_another_pin_or_cafe_makes_nothing_known(till, pin, home, kind):
    secret = home.secret()
    text = {
        "old PIN": invitation(secret, cafe="aurora", number=1),
        "another café": invitation(secret, cafe="goteborg", number=2),
        "guessed": "0" * 64,
        "empty": "",
    }[kind]
    pin("111222")
    opened = await till.get(f"/till/aurora?till={text}")
    assert "set-cookie" not in opened.headers
    assert opened.status_code == (200 if kind == "empty" else 303)


async def test_another_sites_form_uses_up_no_tries(till):
    for _ in range(8):
        foreign = await till.post(SIGN_IN, data={"pin": PIN}, headers={**WIFI, "sec-fetch-site": "cross-site"})
        assert foreign.status_code == 403
    assert (await till.post(SIGN_IN, data={"pin": PIN}, headers=WIFI)).status_code == 303


async def test_a_strangers_requests_do_not_block_a_signed_in_till(signed_in, replica):
    rates = replica.edge.doors.rates
    while await rates.hit("till", "203.0.113.9") is None:
        pass
    assert (await signed_in.get("/till/aurora", headers=WIFI)).status_code == 200
    signed_in.cookies.clear()
    assert (await signed_in.get("/till/aurora", headers=WIFI)).status_code == 429


def known_as(till, mark: str) -> None:
    till.cookies.clear()
    till.cookies.set("till_device", mark, path="/till/aurora")


def marks_of(home, replica, count: int) -> list[str]:
    now = replica.clock.now()
    return [device_mark(home.secret(), f"device{n}", cafe="aurora", now=now) for n in range(count)]


async def test_many_marks_of_known_tills_get_a_bounded_number_of_guesses(till, pin, home, replica):
    pin("222222")
    checked = 0
    for mark in marks_of(home, replica, 20):
        known_as(till, mark)
        answers = [await till.post(SIGN_IN, data={"pin": f"{n:06d}"}) for n in range(4)]
        checked += sum(answer.status_code == 403 for answer in answers)
    assert checked == 60


async def test_a_known_till_does_not_wait_for_a_few_other_known_ones(till, pin, home, replica):
    honest, *others = marks_of(home, replica, 11)
    pin("222222")
    for mark in others:
        known_as(till, mark)
        for n in range(6):
            await till.post(SIGN_IN, data={"pin": f"{n:06d}"})
    known_as(till, honest)
    assert (await till.post(SIGN_IN, data={"pin": "000000"})).status_code == 403  # a typing mistake
    assert (await till.post(SIGN_IN, data={"pin": "222222"})).status_code == 303


async def test_known_tills_guesses_do_not_make_strangers_or_another_cafe_wait(till, home, replica):
    for mark in marks_of(home, replica, 16):
        known_as(till, mark)
        statuses = [(await till.post(SIGN_IN, data={"pin": "000000"})).status_code for _ in range(4)]
    assert statuses == [429] * 4
    till.cookies.clear()
    assert (await till.post(SIGN_IN, data={"pin": PIN}, headers=WIFI)).status_code == 303
    assert await replica.edge.doors.rates.hit("till_known_pins_of_cafe", "goteborg") is None


async def test_a_pin_makes_a_bounded_number_of_tills_known_in_a_day(till):
    known = 0
    for n in range(24):
        till.cookies.clear()
        answer = await till.post(SIGN_IN, data={"pin": PIN}, headers={"X-Forwarded-For": f"203.0.113.{n}"})
        assert answer.status_code == 303
        assert answer.cookies.get("till")
        known += "till_device" in answer.cookies
    assert known == 20


async def test_a_known_tills_mark_is_renewed_however_many_new_ones_there_are(till, replica):
    assert (await till.post(SIGN_IN, data={"pin": PIN})).status_code == 303
    while await replica.edge.doors.rates.hit("till_new_devices", "aurora") is None:
        pass
    before = till.cookies.get("till_device")
    replica.clock.jump(timedelta(hours=13).total_seconds())
    again = await till.post(SIGN_IN, data={"pin": PIN})
    assert again.status_code == 303
    assert again.cookies["till_device"] != before
    assert again.cookies["till_device"].split(".")[0] == before.split(".")[0]


async def test_wrong_pins_use_up_none_of_the_new_tills(till, replica):
    await guess(till, 6)
    hit = replica.edge.doors.rates.hit
    assert [await hit("till_new_devices", "aurora") for _ in range(20)] == [None] * 20


def test_a_mark_is_valid_for_its_cafe_and_time_only(home, replica):
    secret, now = home.secret(), replica.clock.now()
    mark = device_mark(secret, "abc", cafe="aurora", now=now)
    assert known_device(secret, mark, cafe="aurora", now=now) == "abc"
    assert known_device(secret, mark, cafe="goteborg", now=now) is None
    assert known_device(secret, mark, cafe="aurora", now=now + timedelta(days=DEVICE_DAYS)) is None
    for broken in ("", ".", "..", "abc.1.x", mark[:-1], "abd" + mark[3:], "å.½.é", "abc." + "9" * 40 + ".x"):
        assert known_device(secret, broken, cafe="aurora", now=now) is None
    assert invited_device(secret, "å\ud800", cafe="aurora", number=1) is None
