"""Takes the pictures of the README from a demo: `python scripts/screenshots.py [--home FOLDER]`.

Makes 30 simulated days in FOLDER (a temporary one by default; days that are there are kept), serves the customer's
page and the dashboards on free ports, and writes docs/pictures/*.png with the Chromium of this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.async_api import Page, async_playwright

from operations.access.first_sign_in import first_link
from operations.serving import serve
from operations.system import make_system
from pilot.settings import read_settings
from storage.home import open_home

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
PHONE = {"width": 390, "height": 844}
LAPTOP = {"width": 1280, "height": 1000}
SERVED = ("edge", "entrance", "dashboards")


def free_port() -> str:
    """Return a loopback port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


async def take(home_folder: Path) -> None:
    """Serve the demo of a folder and take every picture."""
    edge_port = free_port()
    given = {
        "PILOT_HOME": str(home_folder),
        "PILOT_EDGE_PORT": edge_port,
        "PILOT_DASHBOARDS_PORT": free_port(),
        "PILOT_DAGSTER_PORT": free_port(),
        "PILOT_ENTRANCE_PORT": free_port(),
        "PILOT_PUBLIC_URL": f"http://127.0.0.1:{edge_port}",
    }
    home = open_home(read_settings(given), kind="demo")
    system = make_system(home, environment={**os.environ, **given})
    PICTURES.mkdir(parents=True, exist_ok=True)
    async with serve(system, only=SERVED) as serving, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"]
        )
        phone = await browser.new_page(viewport=PHONE, device_scale_factor=2, locale="sv-SE")
        await customer(phone, f"{system.edge_url}/c/{serving.codes[0].code}")
        laptop = await browser.new_page(viewport=LAPTOP, locale="sv-SE")
        await laptop.goto(first_link(home, actor="screenshots"))
        await laptop.get_by_role("button").click()
        await dashboards(laptop, system.dashboards_url)
        await browser.close()


async def customer(page: Page, address: str) -> None:
    """Take the customer's first screen and a question being answered in writing."""
    await page.goto(address)
    await page.wait_for_selector("#choose-text:visible")
    await page.screenshot(path=PICTURES / "customer.png")
    await page.click("#choose-text")
    await page.click("#agree")
    await page.wait_for_selector("#answer:visible")
    await page.fill("#answer", "Kardemummabullen var nybakad, men kön vid disken tog nästan tio minuter.")
    await page.click("#send")
    await page.wait_for_selector("#history .said")
    await page.wait_for_function("!document.querySelector('#answer').value")
    await page.screenshot(path=PICTURES / "question.png")


async def dashboards(page: Page, address: str) -> None:
    """Take the pilot overview and the café's day."""
    for path, name in (("/piloten", "overview"), ("/", "cafe-day")):
        await page.goto(f"{address}{path}")
        await page.wait_for_selector("canvas, svg.marks", timeout=60_000)
        await page.screenshot(path=PICTURES / f"{name}.png")


def main() -> None:
    """Make the demo, then take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, help="a demo's folder, to use the days that are there")
    chosen = parser.parse_args().home
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen or Path(scratch) / "demo"
        pilot = Path(sys.executable).with_name("pilot")
        subprocess.run([pilot, "demo", "--no-serve"], env={**os.environ, "PILOT_HOME": str(folder)}, check=True)
        asyncio.run(take(folder))
    for picture in sorted(PICTURES.glob("*.png")):
        print(f"{picture.relative_to(ROOT)}  {picture.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
