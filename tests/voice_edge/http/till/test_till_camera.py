"""The till's camera in a browser: a real picture, the browser's own detector, and each way to fail."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import segno
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright, expect

from tests.voice_edge.http.till.conftest import PIN
from voice_edge.http.static_files import STATIC_FOLDER

pytestmark = pytest.mark.browser
FLAGS = ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
SIZE = (640, 480)
JSQR = "bc40c8a15196236b2314db0856f72ca0b49980cd5413b8c852a7349f5fee0859"  # jsqr 1.4.0, dist/jsQR.js


def film(path: Path, text: str) -> Path:
    """Write a film (Y4M) that shows a QR code."""
    rows = segno.make(text, error="q").matrix_iter(scale=6, border=4)
    code = np.array([[0 if dark else 255 for dark in row] for row in rows], dtype=np.uint8)
    frame = np.full((SIZE[1], SIZE[0]), 255, dtype=np.uint8)
    top, left = ((whole - own) // 2 for whole, own in zip(frame.shape, code.shape, strict=True))
    frame[top : top + code.shape[0], left : left + code.shape[1]] = code
    gray = np.full(SIZE[0] * SIZE[1] // 2, 128, dtype=np.uint8).tobytes()
    head = f"YUV4MPEG2 W{SIZE[0]} H{SIZE[1]} F10:1 Ip A1:1 C420jpeg\n".encode()
    path.write_bytes(head + (b"FRAME\n" + frame.tobytes() + gray) * 3)
    return path


@pytest.fixture
async def till_page(replica, pin, tmp_path):
    """Return a till that is signed in, before a camera that sees a voucher."""
    seen = film(tmp_path / "voucher.y4m", "https://pilot.example/till/aurora?code=H7KM-3QWX")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*FLAGS, f"--use-file-for-fake-video-capture={seen}"]
        )
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{replica.url}/till/aurora")
        await page.fill("#pin", PIN)
        await page.click("button[type=submit]")
        await page.wait_for_selector("#code")
        yield page
        assert complaints == []
        await browser.close()


async def test_the_camera_reads_the_guests_code_into_the_field(till_page):
    await till_page.click("#camera-tap")
    await expect(till_page.locator("#camera-view")).to_be_visible()
    await expect(till_page.locator("#code")).to_have_value("H7KM-3QWX", timeout=30_000)
    await expect(till_page.locator("#redeem")).to_be_focused()
    await expect(till_page.locator("#camera-view")).to_be_hidden()
    assert await till_page.evaluate("document.getElementById('camera-view').srcObject") is None
    found = await Axe().run(till_page)
    assert found.violations_count == 0, found.generate_report()


async def test_the_browsers_own_detector_is_used_if_it_reads_qr_codes(till_page):
    await till_page.evaluate(
        "() => { window.BarcodeDetector = class { static async getSupportedFormats() { return ['qr_code']; }"
        " async detect() { return [{ rawValue: 'K2BC-9XYZ' }]; } }; }"
    )
    await till_page.click("#camera-tap")
    await expect(till_page.locator("#code")).to_have_value("K2BC-9XYZ")
    assert await till_page.evaluate("'jsQR' in window") is False


async def test_a_second_tap_closes_the_camera(till_page):
    await till_page.evaluate(
        "() => { window.BarcodeDetector = class { static async getSupportedFormats() { return ['qr_code']; }"
        " async detect() { return []; } }; }"
    )
    await till_page.click("#camera-tap")
    await expect(till_page.locator("#camera-tap")).to_have_text("Stäng kameran")
    await till_page.evaluate("window.track = document.getElementById('camera-view').srcObject.getTracks()[0]")
    await till_page.click("#camera-tap")
    await expect(till_page.locator("#camera-tap")).to_have_text("Skanna med kameran")
    assert await till_page.evaluate("window.track.readyState") == "ended"


@pytest.mark.parametrize(
    ("error", "text"), [("NotAllowedError", "fick inte använda kameran"), ("NotFoundError", "Kameran svarar inte")]
)
async def test_a_refused_camera_is_explained(till_page, error, text):
    await till_page.evaluate(
        "(name) => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', name); }; }",
        error,
    )
    await till_page.click("#camera-tap")
    await expect(till_page.locator("#camera-fault")).to_contain_text(text)


async def test_a_camera_that_never_answers_is_noticed_in_ten_seconds(till_page):
    await till_page.clock.install()
    await till_page.evaluate("() => { navigator.mediaDevices.getUserMedia = () => new Promise(() => {}); }")
    await till_page.click("#camera-tap")
    await till_page.clock.run_for(10_100)
    await expect(till_page.locator("#camera-fault")).to_contain_text("Kameran svarar inte")


async def test_without_a_camera_there_is_no_button(till_page):
    await till_page.add_init_script("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    await till_page.goto(till_page.url)
    await expect(till_page.locator("#redeem")).to_be_visible()
    await expect(till_page.locator("#camera-tap")).to_be_hidden()


async def test_only_the_till_may_use_the_camera(till, replica):
    policy = (await till.get("/till/aurora")).headers["permissions-policy"]
    assert "camera=(self)" in policy
    assert "microphone=()" in policy
    assert "camera=()" in (await till.get(f"/c/{replica.code}")).headers["permissions-policy"]


def test_the_library_is_the_published_one_with_its_licence():
    assert hashlib.sha256((STATIC_FOLDER / "jsqr.js").read_bytes()).hexdigest() == JSQR
    assert "Apache License" in (STATIC_FOLDER / "jsqr.LICENSE.txt").read_text(encoding="utf-8")
