"""The open receipt updates itself with the decision and the voucher; every outcome has its words."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

from payouts.deciding import issuer
from storage.store.payouts import recovery
from storage.store.rewards import decisions, vouchers
from tests.voice_edge.http.till.conftest import PIN

PHONE = {"width": 360, "height": 740}
GOOD = "Kaffet var gott men kön vid disken var en kvart lång vid lunch i dag."


@pytest.fixture
async def sent(replica, home):
    async with replica.page() as page:
        await page.begin("text", simulated=True)
        await page.write(GOOD)
        await page.send("finish")
        path = (await page.until("completed"))["receipt"]
    await replica.edge.receipts.save_waiting()
    return path, page.session_id


async def test_the_state_changes_only_with_the_decision_and_its_voucher(till, sent, reward, home):
    path, session = sent

    async def state() -> str:
        answer = await till.get(f"{path}/state")
        assert answer.headers["cache-control"] == "no-store"
        return answer.json()["state"]

    assert await state() == await state() == "kept.open"
    decision, voucher, _ = reward(session_id=session)
    assert await state() == await state() == "kept.ready.1"
    vouchers.replace(home.store(), decision.reward_id, issuer=issuer(home.secret()), actor="t", reason="r")
    assert await state() == "kept.ready.2"
    assert (await till.get("/r/unknown/state")).status_code == 404
    assert voucher is not None


async def test_a_voucher_is_shown_with_its_code_its_amount_and_its_last_day(till, sent, reward):
    path, session = sent
    _, _, code = reward(session_id=session)
    swedish = (await till.get(path)).text
    assert code in swedish
    assert "Du får 30\u00a0kr" in swedish
    assert "till och med den 21 februari 2027" in swedish
    assert "<svg" in swedish
    assert "Preliminärt" not in swedish
    english = (await till.get(f"{path}?lang=en")).text
    assert "You get 30\u00a0kr" in english


@pytest.mark.parametrize(
    ("changes", "says", "not_says"),
    [
        ({"score": 10, "counted_score": 10}, "så konkreta", "Din kupong"),
        ({"clear": False}, "så konkreta", "Din kupong"),
        ({"simulated": False}, "Det ser ut att|Troligen|Vi går igenom", "Din kupong"),
        ({"device": "d1"}, "redan fått en belöning här i dag", "Din kupong"),
    ],
    ids=["too low", "not trusted", "slot not known yet", "device"],
)
async def test_a_declined_reward_shows_its_reason(till, sent, reward, changes, says, not_says):
    path, session = sent
    if "device" in changes:
        reward(session_id="earlier", device="d1")
    if changes.get("simulated", True):
        reward(session_id=session, **changes)
    text = (await till.get(path)).text
    news = text.split('id="news"')[1].split('class="ticket"')[0]
    assert re.search(says, news)
    assert not_says not in news


async def test_a_held_reward_shows_its_deadline_and_then_the_decision(till, sent, reward, home, replica):
    path, session = sent
    until = replica.clock.now() + timedelta(days=2)
    reward(session_id=session, held_until=until, reasons=("duplicate",))
    held = (await till.get(path)).text
    assert "senast den 25 november 2026" in held
    assert "duplicate" not in held
    replica.clock.jump(timedelta(days=3).total_seconds())
    assert "senast" not in (await till.get(path)).text.split('id="news"')[1].split('class="ticket"')[0]
    decisions.rule(home.store(), session, release=False, issuer=issuer(home.secret()), actor="support", reason="a copy")
    refused = (await till.get(path)).text
    assert "det blev ingen belöning" in refused
    assert "data-watch" not in refused


@pytest.mark.parametrize(
    ("language", "says"), [("sv", "Vi kontrollerar din kupong"), ("en", "We are checking your voucher")]
)
async def test_a_frozen_reward_shows_no_code_until_it_is_released(till, sent, reward, home, language, says):
    path, session = sent
    decision, _, code = reward(session_id=session)
    given = {"issuer": issuer(home.secret()), "recovered_to": home.store().now(), "actor": "restore"}
    recovery.recover(home.store(), [], **given)
    frozen = (await till.get(f"{path}?lang={language}")).text
    assert says in frozen
    assert code not in frozen
    assert (await till.get(f"{path}/state")).json()["state"] == "kept.frozen.1"
    recovery.release_reward(home.store(), decision.reward_id, actor="anna", reason="on no list")
    assert code in (await till.get(path)).text


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_guest_and_barista_in_two_browsers(replica, sent, reward, pin, scheme, tmp_path):
    path, session = sent
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        complaints: list[str] = []

        async def phone():
            page = await (await browser.new_context(viewport=PHONE, color_scheme=scheme)).new_page()
            page.on("console", lambda message: complaints.append(message.text) if "Security" in message.text else None)
            return page

        async def assert_accessible(page) -> None:
            found = await Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

        guest, barista = await phone(), await phone()
        await guest.goto(replica.url + path)
        assert await guest.locator(".voucher").count() == 0
        _, _, code = reward(session_id=session)
        await guest.locator(".voucher .code").wait_for(timeout=15_000)
        assert await guest.locator(".voucher .code").inner_text() == code
        await assert_accessible(guest)
        await guest.screenshot(path=tmp_path / "receipt.png", full_page=True)

        await barista.goto(f"{replica.url}/till/aurora?code={code}")
        await assert_accessible(barista)
        await barista.get_by_label("PIN-kod för passet").fill(PIN)
        await barista.get_by_role("button", name="Logga in").click()
        await barista.get_by_role("button", name="Lös in").wait_for()
        await assert_accessible(barista)
        await barista.screenshot(path=tmp_path / "till.png", full_page=True)
        await barista.get_by_role("button", name="Lös in").click()
        await barista.get_by_role("heading", name="Testkupong").wait_for()
        await assert_accessible(barista)
        await barista.screenshot(path=tmp_path / "redeemed.png", full_page=True)
        await guest.get_by_role("heading", name="Kupongen är inlöst").wait_for(timeout=15_000)
        await assert_accessible(guest)
        await barista.get_by_label("Gästens kod").fill(code)
        await barista.get_by_role("button", name="Lös in").click()
        await barista.get_by_role("heading", name="Redan inlöst").wait_for()
        await assert_accessible(barista)
        await barista.screenshot(path=tmp_path / "refused.png", full_page=True)
        await browser.close()
    assert complaints == []
