"""The page and the real edge from the first screen to the receipt, also without a connection."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from operations.seeding import seed
from pilot.settings import read_settings
from storage.home import open_home
from tests.edge_process import CHECKOUT, running_edge
from tests.ports import free_ports
from tests.waiting import DEADLINE_SECONDS

PATIENT_MS = 4 * DEADLINE_SECONDS * 1000  # the page itself waits for a connection before it is stuck

pytestmark = [pytest.mark.browser, pytest.mark.processes]

# Every further WebSocket goes to a port without a listener, as behind a proxy without WebSockets.
NO_SOCKETS = """() => {
  const Real = window.WebSocket;
  window.WebSocket = class extends Real { constructor() { super("ws://" + location.hostname + ":9/"); } };
}"""


async def written(page: Page, text: str) -> None:
    """Proceed to the first question and answer it in writing."""
    await page.click("#choose-text")
    await page.click("#agree")
    await expect(page.locator("#answer")).to_be_visible()
    await page.fill("#answer", text)
    await page.click("#send")
    await expect(page.locator("#history .said p")).to_have_text(text)
    await expect(page.locator("#send")).to_have_attribute("aria-disabled", "false")


@pytest.mark.asyncio
async def test_a_written_answer_reaches_the_receipt_without_a_connection(tmp_path: Path) -> None:
    [port] = free_ports(1)
    settings = read_settings({"PILOT_HOME": str(tmp_path), "PILOT_CAFES_FILE": str(CHECKOUT / "cafes.toml")})
    code = seed(open_home(settings))[0].code
    async with running_edge(tmp_path, port=port, stdout=subprocess.DEVNULL), async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        page.set_default_timeout(PATIENT_MS)
        await page.goto(f"http://127.0.0.1:{port}/c/{code}?simulated=1&lang=en")
        await written(page, "The cardamom bun was warm, but the queue took ten minutes this morning.")
        await page.evaluate(NO_SOCKETS)
        await page.evaluate("window.dispatchEvent(new Event('offline'))")
        await expect(page.locator("body")).to_have_attribute("data-screen", "stuck", timeout=PATIENT_MS)
        await expect(page.locator("#stuck-said li")).to_contain_text("cardamom bun")
        await page.click("#hand-in")
        await page.wait_for_url("**/r/**", timeout=PATIENT_MS)
        await expect(page.locator(".reference")).not_to_be_empty()
        await browser.close()
