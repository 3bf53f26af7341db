"""Bytes transferred by a first visit, measured in a browser from the page to the open microphone."""

from __future__ import annotations

import pytest
from playwright.async_api import async_playwright, expect

from tests.voice_edge.replicas import eventually

pytestmark = pytest.mark.browser
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
FIRST_VISIT_BYTES = 60_000


@pytest.mark.parametrize("language", ["sv", "en"])
async def test_a_first_visit_with_voice_transfers_less_than_60_kB_in_all(replica, language):
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*FLAGS, *MICROPHONE])
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        network = await page.context.new_cdp_session(page)
        transferred: dict[str, float] = {}
        network.on(
            "Network.loadingFinished", lambda each: transferred.update({each["requestId"]: each["encodedDataLength"]})
        )
        await network.send("Network.enable")
        await page.goto(f"{replica.url}/c/{replica.code}?simulated=1&lang={language}")
        await page.click("#choose-voice")
        await page.click("#agree")
        await expect(page.locator("body")).to_have_attribute("data-screen", "talk")
        await eventually(lambda: replica.edge.sessions.talking == 1)
        await browser.close()
    assert len(transferred) > 20, "the scripts were not counted"
    assert 10_000 < sum(transferred.values()) < FIRST_VISIT_BYTES, sorted(transferred.values())
