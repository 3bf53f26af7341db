"""The till's page: signing in with the shift's PIN, redeeming once, undoing within a minute, refusals."""

from __future__ import annotations

import asyncio
import re
import unicodedata
from datetime import timedelta

import pytest

from payouts.deciding import issuer
from payouts.till_sign_in import SHIFT
from payouts.voucher_codes import voucher_hash
from storage.store import audit
from storage.store.cafes import trial_slots
from storage.store.ledger import bookkeeping
from storage.store.payouts import recovery
from storage.store.rewards import freezing, vouchers
from storage.store.rewards.vouchers import UNDO_SECONDS
from tests.voice_edge.http.till.conftest import PIN, SAME_SITE
from tests.waiting import DEADLINE_SECONDS


def request_of(text: str) -> str:
    found = re.search(r'name="request" value="([^"]+)"', text)
    assert found is not None
    return found[1]


async def redeem(till, code: str, *, request: str = "tap-1", lang: str = "sv"):
    return await till.post(f"/till/aurora/redeem?lang={lang}", data={"code": code, "request": request})


async def test_without_a_pin_the_page_refers_to_the_manager(client_without_pin):
    answer = await client_without_pin.get("/till/aurora")
    assert "Be din chef att skapa en" in answer.text
    assert "<form" not in answer.text


@pytest.fixture
async def client_without_pin(replica):
    import httpx

    async with httpx.AsyncClient(
        base_url=replica.url, headers={"accept": "text/html", **SAME_SITE}, timeout=DEADLINE_SECONDS
    ) as opened:
        yield opened


async def test_a_scanned_code_is_kept_through_signing_in(till, reward):
    _, _, code = reward()
    page = await till.get(f"/till/aurora?code={code}")
    assert 'name="pin"' in page.text
    assert f'value="{code}"' in page.text
    signed = await till.post("/till/aurora/sign-in", data={"pin": "402 913", "code": code})
    assert signed.headers["location"] == f"/till/aurora?lang=sv&code={code}"
    cookie = signed.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Path=/till/aurora"))
    assert PIN not in cookie
    page = await till.get(signed.headers["location"])
    assert f'name="code" value="{code}"' in page.text


async def test_a_voucher_is_redeemed_once_and_a_repeated_tap_gets_the_same_reply(signed_in, reward, home):
    decision, _, code = reward()
    tap = request_of((await signed_in.get("/till/aurora")).text)
    first = await redeem(signed_in, code.lower().replace("-", " "), request=tap)
    assert "Testkupong" in first.text
    assert "Den gällde 30\u00a0kr" in first.text
    again = await redeem(signed_in, code, request=tap)
    assert "Testkupong" in again.text
    another = await redeem(signed_in, code, request="another tap")
    assert "Redan inlöst" in another.text
    assert "den 23 november 2026 kl. 12.00" in another.text
    assert 'role="alert"' in another.text
    entries = [each for each in audit.recent(home.store(), 9) if each.action == "voucher.redeem"]
    assert [(each.actor, each.subject) for each in entries] == [("till:aurora", decision.reward_id)]
    assert bookkeeping.balances(home.store(), simulated=True)["rewards_owed"] == 0


async def test_a_real_voucher_shows_the_amount_to_deduct(signed_in, reward, home, replica):
    assert trial_slots.use(home.store(), session_id="guest-1", cafe=replica.edge.cafe("aurora"))
    _, _, code = reward(session_id="guest-1", simulated=False)
    assert "Dra av 30\u00a0kr" in (await redeem(signed_in, code)).text
    assert "Deduct 30\u00a0kr" in (await redeem(signed_in, code, lang="en")).text


async def test_ten_taps_at_once_redeem_one_voucher_once(signed_in, reward, home):
    _, _, code = reward()
    answers = await asyncio.gather(*(redeem(signed_in, code, request=f"tap-{n}") for n in range(10)))
    assert sum("Testkupong" in each.text for each in answers) == 1
    assert len([each for each in audit.recent(home.store(), 50) if each.action == "voucher.redeem"]) == 1


async def test_a_redemption_is_undone_within_a_minute_and_no_later(signed_in, reward, later, home):
    _, voucher, code = reward()
    assert "Går att ångra i en minut" in (await redeem(signed_in, code)).text
    undone = await signed_in.post("/till/aurora/undo", data={"code": code})
    assert "Ångrat" in undone.text
    assert vouchers.of_reward(home.store(), voucher.reward_id).state == "issued"
    assert "Testkupong" in (await redeem(signed_in, code, request="tap-2")).text
    later(timedelta(seconds=UNDO_SECONDS + 1))
    refused = await signed_in.post("/till/aurora/undo", data={"code": code})
    assert "Det går inte att ångra" in refused.text
    assert vouchers.of_reward(home.store(), voucher.reward_id).state == "redeemed"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("H7KM-3QWX", "Vi hittar inte koden"),
        ("K7F3QX", "Det är ingen kupongkod"),
        ("'; DROP TABLE vouchers; --", "Det är ingen kupongkod"),
        ("", "Det är ingen kupongkod"),
    ],
)
async def test_an_invalid_code_is_refused_with_a_reason(signed_in, typed, says):
    answer = await redeem(signed_in, typed)
    assert answer.status_code == 200
    assert says in answer.text
    assert 'role="alert"' in answer.text


async def test_a_foreign_expired_or_replaced_voucher_is_refused(signed_in, reward, later, home):
    from datetime import timedelta as ahead

    _, _, foreign = reward(session_id="guest-2", cafe="goteborg")
    assert "Gäller på ett annat kafé" in (await redeem(signed_in, foreign)).text
    decision, _, old = reward(session_id="guest-3")
    vouchers.replace(home.store(), decision.reward_id, issuer=issuer(home.secret()), actor="test", reason="lost")
    assert "Koden är utbytt" in (await redeem(signed_in, old)).text
    _, _, code = reward(session_id="guest-4")
    ticket = signed_in.cookies
    later(ahead(days=91))
    again = await signed_in.post("/till/aurora/sign-in", data={"pin": PIN, "code": ""})
    assert again.status_code == 303, ticket
    lapsed = await redeem(signed_in, code)
    assert "Kupongen har gått ut" in lapsed.text
    assert (
        vouchers.redeem(
            home.store(), voucher_hash(home.secret(), code), cafe="aurora", actor="test", request="x"
        ).answer
        == "expired"
    )


async def test_a_voucher_frozen_by_a_restore_is_refused_until_it_is_released(signed_in, reward, home):
    _, _, code = reward()
    given = {"issuer": issuer(home.secret()), "recovered_to": home.store().now(), "actor": "restore"}
    assert recovery.recover(home.store(), [], **given).frozen == 1
    answer = await redeem(signed_in, code)
    assert "Kupongen är spärrad tills vidare" in answer.text
    assert "Dra inte av något nu" in answer.text
    (frozen,) = freezing.frozen_rewards_of(home.store())
    recovery.release_reward(home.store(), frozen.reward_id, actor="anna", reason="on no list")
    assert "Kupongen är spärrad" not in (await redeem(signed_in, code)).text
    assert vouchers.of_reward(home.store(), frozen.reward_id).state == "redeemed"


async def test_a_shift_ends_after_its_hours_and_with_a_new_pin(signed_in, pin, later, reward):
    _, _, code = reward()
    assert 'name="request"' in (await signed_in.get("/till/aurora")).text
    pin("111222")
    refused = await redeem(signed_in, code)
    assert refused.status_code == 403
    assert 'name="pin"' in refused.text
    assert (await signed_in.post("/till/aurora/sign-in", data={"pin": "111222"})).status_code == 303
    later(SHIFT)
    assert 'name="pin"' in (await signed_in.get("/till/aurora")).text


async def test_a_wrong_pin_is_refused_and_guessing_is_slowed_down(till, replica):
    answers = [
        await till.post("/till/aurora/sign-in", data={"pin": f"{n:06d}"}, headers={"X-Forwarded-For": "203.0.113.9"})
        for n in range(8)
    ]
    assert "Fel PIN" in answers[0].text
    assert [each.status_code for each in answers] == [403] * 6 + [429] * 2
    assert "För många försök" in answers[-1].text
    assert int(answers[-1].headers["retry-after"]) > 0
    elsewhere = {"X-Forwarded-For": "203.0.113.10"}
    assert (await till.post("/till/aurora/sign-in", data={"pin": PIN}, headers=elsewhere)).status_code == 303


@pytest.mark.parametrize("path", ["sign-in", "redeem", "undo"])
async def test_a_foreign_sites_form_does_nothing(signed_in, reward, home, path):
    _, voucher, code = reward()
    answer = await signed_in.post(
        f"/till/aurora/{path}",
        data={"pin": PIN, "code": code, "request": "x"},
        headers={"sec-fetch-site": "cross-site"},
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert vouchers.of_reward(home.store(), voucher.reward_id).state == "issued"


async def test_a_ticket_is_valid_only_for_its_cafe(signed_in, home, replica):
    from payouts.till_sign_in import is_signed_in as holds
    from payouts.till_sign_in import ticket

    now = replica.clock.now()
    text = ticket(home.secret(), cafe="aurora", number=1, now=now)
    assert holds(home.secret(), text, cafe="aurora", number=1, now=now)
    assert not holds(home.secret(), text, cafe="goteborg", number=1, now=now)
    assert not holds(home.secret(), text, cafe="aurora", number=2, now=now)
    for broken in ("", ".", "9" * 40 + ".x", text[:-1], "½." + text.partition(".")[2]):
        assert not holds(home.secret(), broken, cafe="aurora", number=1, now=now)


async def test_an_unknown_cafe_has_no_till_and_an_outage_gets_503(signed_in, replica, monkeypatch):
    assert (await signed_in.get("/till/nowhere")).status_code == 404
    assert (await signed_in.post("/till/nowhere/redeem", data={})).status_code == 404

    def away(*_: object, **__: object) -> None:
        raise OSError("gone")

    monkeypatch.setattr("voice_edge.http.till.service.till_pins.find", away)
    answer = await redeem(signed_in, "H7KM-3QWX")
    assert answer.status_code == 503
    assert "Traceback" not in answer.text


async def test_a_typed_code_is_composed_in_forms_and_in_the_address(till):
    apart = unicodedata.normalize("NFD", "KÅ-7")
    page = await till.get("/till/aurora", params={"code": apart})
    assert 'value="KÅ-7"' in page.text
    signed = await till.post("/till/aurora/sign-in", data={"pin": "402 913", "code": apart})
    assert signed.headers["location"].endswith("code=K%C3%85-7")
