"""Bank payouts in a browser: choose, leave, return, answer at the fake, be paid."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

from payouts.payout_status import AT_STRIPE, PAYOUT_STATUSES, VOUCHER_GOOD
from pilot.words import section
from proving.stripe_fake.bank import FAILING_IBANS
from storage.store.payouts import attempts, batches
from storage.store.payouts.batches import Limits
from storage.store.rewards import vouchers
from voice_edge.http.page.receipt import receipt_page
from voice_edge.receipts.reward_view import RewardView

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
SMALLEST_TARGET = 44
FAKE = section("stripe_fake", "sv")
LIMITS = Limits(approval_ore=10**6, yearly_ore=99_900)


@pytest.fixture
async def chromium():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        await browser.close()


async def assert_accessible(page) -> None:
    """Assert that axe finds nothing, the width fits the phone, and all targets fit a thumb."""
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for target in await page.locator("main a, main button").all():
        box = await target.bounding_box()
        assert box["height"] >= SMALLEST_TARGET, await target.inner_text()


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
async def test_from_the_voucher_to_the_account_and_its_status(
    replica, chromium, stripe, home, sent, reward, landed, tmp_path, scripts
):
    path, session = sent
    landed()
    decision, _, code = reward(session_id=session)
    context = await chromium.new_context(viewport=PHONE, java_script_enabled=scripts, locale="sv-SE")
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Security" in message.text else None)

    async def seen(name: str) -> None:
        if scripts:
            await assert_accessible(page)
            await page.screenshot(path=tmp_path / f"{name}.png", full_page=True)

    await page.goto(replica.url + path)
    await seen("1-offered")
    await page.get_by_role("link", name="Få pengarna på ditt bankkonto i stället").click()
    await page.get_by_role("heading", name="på ditt bankkonto").wait_for()
    assert "LÅTSAS" in await page.inner_text("main")
    await seen("2-choice")
    await page.get_by_role("button", name="Fortsätt till Stripe").click()
    await page.get_by_role("button", name=FAKE["onboarding.finish"], exact=True).wait_for()
    await seen("2b-fake")
    assert vouchers.of_reward(home.store(), decision.reward_id).state == "issued"
    # Left without an answer: the voucher is good, and the receipt offers to continue.
    await page.get_by_role("link", name=FAKE["onboarding.leave"]).click()
    await page.wait_for_url(f"{replica.url}{path}?lang=sv")
    assert code in await page.inner_text("main")
    await seen("3-left")
    await page.get_by_role("button", name="Fortsätt hos Stripe").click()
    await page.get_by_role("button", name=FAKE["onboarding.finish"], exact=True).click()
    await page.wait_for_url(f"{replica.url}{path}?lang=sv")
    await page.get_by_role("heading", name="Väntar på nästa utbetalning").wait_for()
    assert code not in await page.inner_text("main")
    assert vouchers.of_reward(home.store(), decision.reward_id).state == "cancelled"
    await seen("4-claimed")
    store = home.store()
    batch = batches.plan(store, day=store.now().date(), rail="stripe_fake", simulated=True, limits=LIMITS)
    (one,) = batches.instructions(store, batch.id)
    batches.approve(store, batch.id, actor="test", reason="seen")
    attempt = attempts.begin_attempt(store, one.id, rail="stripe_fake", parameters="")
    attempts.record_accepted(store, attempt.key, reference="tr_1")
    await page.goto(f"{replica.url}{path}?lang=en")
    await page.get_by_role("heading", name="Sent to Stripe").wait_for()
    await seen("5-sent")
    await page.get_by_role("link", name="Why this result?").click()
    await page.get_by_role("heading", name="Why this result?").wait_for()
    assert await page.locator("mark").count() > 0
    await seen("6-why")
    assert complaints == []


@pytest.mark.parametrize(("language", "says"), [("sv", "låtsas-Stripe, inga pengar"), ("en", "fake Stripe, no money")])
async def test_the_fakes_pages_are_marked_as_fake(chromium, stripe, language, says, tmp_path):
    account = stripe.fake.books.open_account(metadata={}, email=None)["id"]
    stripe.answered(account)
    stripe.fake.books.bank_payout(account, 3000)
    made = stripe.fake.books.links["a"] = {
        "account": account, "expires_at": stripe.fake.books.seconds() + 300, "return_url": f"{stripe.url}/fake",
        "refresh_url": stripe.url,
    }  # fmt: skip
    page = await (await chromium.new_context(viewport=PHONE, locale=language)).new_page()
    words = section("stripe_fake", language)
    await page.goto(f"{stripe.url}/fake/onboarding/a")
    await page.get_by_role("heading", name=words["onboarding.heading"]).wait_for()
    for name, address in (
        ("onboarding", f"{stripe.url}/fake/visits/{made['visit']}?language={language}"),
        ("gone", f"{stripe.url}/fake/visits/nobody?language={language}"),
        ("overview", f"{stripe.url}/fake?language={language}"),
    ):
        await page.goto(address)
        assert says in await page.inner_text("header"), name
        assert words["fake.mark"] in await page.title()
        await assert_accessible(page)
        await page.screenshot(path=tmp_path / f"{name}-{language}.png", full_page=True)
    await page.goto(f"{stripe.url}/fake/visits/{made['visit']}?language={language}")
    for target in await page.locator("label.choice").all():
        box = await target.bounding_box()
        assert box["height"] >= SMALLEST_TARGET
    # With the keyboard: the choices are one tab stop, arrows choose, and the button is the next stop.
    await page.locator("input[type=radio]").first.focus()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == words["onboarding.finish"]
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{stripe.url}/fake")
    assert stripe.fake.books.ibans[account] == next(iter(FAILING_IBANS))


async def test_an_outage_of_stripe_is_shown(replica, chromium, stripe, sent, reward, tmp_path):
    path, session = sent
    reward(session_id=session)
    stripe.fake.away = True
    page = await (await chromium.new_context(viewport=PHONE)).new_page()
    await page.goto(f"{replica.url}{path}/bank?lang=en")
    await page.get_by_role("button", name="Continue to Stripe").click()
    await page.get_by_role("heading", name="Stripe does not answer right now").wait_for()
    await assert_accessible(page)
    await page.screenshot(path=tmp_path / "away.png", full_page=True)
    await page.get_by_role("link", name="To the receipt").click()
    await page.locator(".voucher").wait_for()


@pytest.mark.parametrize(("language", "scheme"), [("sv", "light"), ("en", "dark")])
async def test_axe_finds_nothing_in_any_state(replica, chromium, home, stripe, sent, language, scheme, tmp_path):
    page = await (await chromium.new_context(viewport=PHONE, color_scheme=scheme)).new_page()
    receipt = (await replica.edge.receipts.find(sent[0].rpartition("/")[2])).receipt
    shots = Path(tmp_path)
    served: list[str] = []
    await page.route("**/r/shown", lambda route: route.fulfill(body=served[-1], content_type="text/html"))
    for status in PAYOUT_STATUSES:
        good = status in VOUCHER_GOOD and status != "lapsed"
        shown = RewardView(
            "ready" if good else "redeemed" if status == "lapsed" else "bank",
            3000, replica.clock.now(), payout_status=status, code="CW72-GD4W" if good else "", number=1,
        )  # fmt: skip
        text = receipt_page(
            receipt=receipt, cafe=replica.edge.cafe("aurora"), language=language, reward_ore=3000, simulated=False,
            path=sent[0], reward=shown, bank_offered=True, rail_note=replica.edge.bank.note(language),
        )  # fmt: skip
        served.append(text)
        await page.goto(f"{replica.url}/r/shown")
        assert await page.locator(".payout button").count() == (status in AT_STRIPE), status
        await assert_accessible(page)
        await page.screenshot(path=shots / f"{status}.png", full_page=True)
