"""Door and receipt pages in a browser: axe, and erasing without JavaScript."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

from storage.store.privacy import tombstones

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


@pytest.fixture
async def chromium():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        await browser.close()


@pytest.fixture
async def sent(replica):
    async with replica.page() as page:
        await page.begin("text", simulated=False)
        await page.write("Kaffet var gott men kön vid disken var en kvart lång.")
        await page.send("finish")
        path = (await page.until("completed"))["receipt"]
    await replica.edge.receipts.save_waiting()
    return path, page.session_id


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_the_doors_pages(replica, chromium, sent, at, scheme):
    page = await (await chromium.new_context(viewport=PHONE, color_scheme=scheme)).new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Security" in message.text else None)
    at("2026-12-24T12:00:00")
    for path in (sent[0], f"{sent[0]}?lang=en", f"{sent[0]}/erase", f"/c/{replica.code}", "/menu"):
        await page.goto(replica.url + path)
        found = await Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"], path
    assert complaints == []


async def test_answers_are_erased_without_javascript(replica, chromium, sent):
    path, session = sent
    page = await (await chromium.new_context(viewport=PHONE, java_script_enabled=False)).new_page()
    await page.goto(replica.url + path)
    await page.get_by_role("link", name="Radera mina svar").click()
    await page.get_by_role("button", name="Ja, radera mina svar").click()
    await page.wait_for_url(f"**{path}?lang=sv")
    assert "Dina svar är raderade" in await page.inner_text("main")
    assert tombstones.erased_at(replica.home.store(), session) is not None
