"""The staff's self-test: it opens for active codes only, names each fault, and records nothing."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright, expect

from pilot.words import section
from storage.store.cafes import codes

PHONE = {"width": 390, "height": 844}
# A fake microphone that is allowed at once and beeps.
HEARING = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
DENIES = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); }"
NO_SOCKETS = """const Real = window.WebSocket;
window.WebSocket = class extends Real { constructor() { super("ws://" + location.hostname + ":9/"); } };"""


@pytest.mark.parametrize("path", ["/test/{}", "/TEST/{}", "/test/{}."])
async def test_it_opens_for_an_active_code_in_the_cafes_language(replica, client, path: str):
    answer = await client.get(path.format(replica.code))
    assert answer.status_code == 200
    assert "Fungerar allt här?" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    english = await client.get(f"/test/{replica.code}?lang=en")
    assert "Does everything work here?" in english.text


async def test_a_retired_and_an_unknown_code_have_no_self_test(replica, client):
    assert (await client.get("/test/ZZZZZZ")).status_code == 404
    codes.retire(replica.home.store(), replica.code, actor="test", reason="test")
    await replica.edge.codes.refresh()
    replica.edge.codes._cached.clear()
    answer = await client.get(f"/test/{replica.code}")
    assert answer.status_code == 404
    assert "Fungerar allt här?" not in answer.text


def test_both_languages_name_the_same_checks():
    assert section("selftest", "sv").keys() == section("selftest", "en").keys()


async def opened(browser, replica, *, init: str = "", scheme: str = "light"):
    page = await (await browser.new_context(viewport=PHONE, color_scheme=scheme)).new_page()
    if init:
        await page.add_init_script(init)
    await page.goto(f"{replica.url}/test/{replica.code}")
    await expect(page.locator('.check[data-state="wait"]')).to_have_count(0)
    return page


@pytest.mark.browser
async def test_a_phone_tests_network_code_talk_and_microphone(replica, at):
    at("2026-11-24T12:00:00")
    async with async_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", *HEARING]
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        page = await opened(browser, replica)
        for check in ("network", "code", "socket"):
            await expect(page.locator(f"#{check}")).to_have_attribute("data-state", "good")
        await page.click("#listen")
        await expect(page.locator("#mic p")).to_have_text("Mikrofonen hör dig.")
        assert (await Axe().run(page)).violations_count == 0
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

        page = await opened(browser, replica, init=DENIES + "\n" + NO_SOCKETS, scheme="dark")
        await expect(page.locator("#socket")).to_have_attribute("data-state", "bad")
        await page.click("#listen")
        await expect(page.locator("#mic p")).to_have_text("Mikrofonen är avstängd här.")
        await expect(page.locator("#steps li").first).to_be_visible()
        assert (await Axe().run(page)).violations_count == 0

        at("2026-11-24T23:30:00")
        page = await opened(browser, replica)
        await expect(page.locator("#code")).to_have_attribute("data-state", "warn")
        await expect(page.locator("#code p")).to_contain_text("tar inte emot svar just nu")
        await page.route("**/static/cup.svg", lambda route: route.abort())
        await page.click("#again")
        await expect(page.locator("#network p")).to_contain_text("når inte servern")
        await browser.close()
    assert replica.log.events == []
