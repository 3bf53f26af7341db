"""A real edge behind the relay, and Chromium that trusts the certificate: the page talks over wss."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.async_api import async_playwright, expect

from operations.phone.address import NoLocalAddress, local_address
from operations.phone.certificate import Certificate, certificate_for
from operations.phone.relay import tls_relay
from operations.seeding import seed
from pilot.settings import read_settings
from storage.home import open_home
from tests.edge_process import CHECKOUT, running_edge
from tests.ports import free_ports

pytestmark = [pytest.mark.browser, pytest.mark.processes]


def pin(certificate: Certificate) -> str:
    """Return the hash of the key, with which Chromium accepts this certificate only."""
    key = x509.load_pem_x509_certificate(certificate.chain.read_bytes()).public_key()
    return base64.b64encode(
        hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    ).decode()


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    path = tmp_path / "speech.wav"
    subprocess.run(["espeak-ng", "-v", "en", "-w", path, "The cardamom bun was lovely."], check=True)
    return path


@pytest.mark.asyncio
async def test_a_phone_on_the_local_network_reaches_its_first_question_by_voice(
    tmp_path: Path, speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        address = local_address()
    except NoLocalAddress:
        address = "127.0.0.1"  # On a machine without a network, use loopback.
    port, relay_port = free_ports(2)
    settings = read_settings({"PILOT_HOME": str(tmp_path / "home"), "PILOT_CAFES_FILE": str(CHECKOUT / "cafes.toml")})
    code = seed(open_home(settings))[0].code
    certificate = certificate_for(address, folder=tmp_path / "phone", now=datetime.now(UTC))
    public = f"https://{address}:{relay_port}"
    monkeypatch.setenv("PILOT_PUBLIC_URL", public)
    async with (
        running_edge(tmp_path / "home", port=port, stdout=subprocess.DEVNULL),
        tls_relay(address=address, port=relay_port, to_port=port, context=certificate.context()),
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"),
            args=[
                *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
                *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
                f"--use-file-for-fake-audio-capture={speech}",
                f"--ignore-certificate-errors-spki-list={pin(certificate)}",
            ],
        )
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        sockets: list[str] = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        await page.goto(f"{public}/c/{code}?simulated=1&lang=en")
        await expect(page.locator("body")).to_have_attribute("data-screen", "welcome", timeout=20_000)
        assert await page.evaluate("isSecureContext")
        assert sockets == [f"wss://{address}:{relay_port}/ws/v1"]
        await page.click("#choose-voice")
        await page.click("#agree")
        await expect(page.locator("#state-name")).to_have_text(re.compile("listening|hear you"), timeout=20_000)
        await expect(page.locator("#question")).not_to_have_text("", timeout=20_000)
        await browser.close()
