"""Takes a picture of every page, for review.

    python -m scripts.page_gallery FOLDER [--home FOLDER] [--only NAME] [--data demo|empty]

Each page of the registry as an admin sees it, each page of a manager, the sign-in and the account, at 390 and 1440
pixels, light and dark, with 30 simulated days and in an empty home: FOLDER/<data>/<page>-<width>-<scheme>.png, the
whole page of each. Prints what stands out: a page wider than its window, an error shown to the reader, a page whose
script did not end.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from playwright.async_api import Error as PlaywrightError

from dashboards.page_registry import PAGES
from operations.access.cookie import LOOPBACK_NAME
from operations.serving import serve
from operations.system import make_system
from pilot.settings import read_settings
from scripts.screenshots import SERVED, free_port
from storage.home import Home, open_home
from storage.store.access import accounts, sign_ins

WIDTHS = {390: 844, 1440: 900}
SCHEMES = ("light", "dark")
SETTLED_MS = 900  # the charts are drawn after the script has ended
DEADLINE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Place:
    """One address to take, as one account."""

    name: str
    address: str
    role: str


def token(home: Home, role: str) -> str:
    """Return the token of a new sign-in."""
    cafes = home.cafes().ids
    account = accounts.invite(
        home.store(), email=f"{role}@example.se", role=role, cafes=cafes[:1] if role == "manager" else None,
        known_cafes=cafes, actor="gallery",
    )  # fmt: skip
    made = sign_ins.begin(home.store(), account, method="link")
    assert made is not None
    return made


async def take(folder: Path, home_folder: Path, *, kind: str, only: str | None) -> list[str]:
    """Serve a home and take every picture; return what stands out."""
    ports = {f"PILOT_{name}_PORT": free_port() for name in ("EDGE", "DASHBOARDS", "DAGSTER", "ENTRANCE")}
    public = f"http://127.0.0.1:{ports['PILOT_EDGE_PORT']}"
    given = {"PILOT_HOME": str(home_folder), **ports, "PILOT_PUBLIC_URL": public}
    home = open_home(read_settings(given), kind="demo" if kind == "demo" else "real")
    system = make_system(home, environment={**os.environ, **given})
    entrance = f"http://127.0.0.1:{ports['PILOT_ENTRANCE_PORT']}"
    places = [Place(entry.url_path or "i-dag", f"{system.dashboards_url}/{entry.url_path}", "admin") for entry in PAGES]
    places += [
        Place(f"manager-{entry.url_path or 'i-dag'}", f"{system.dashboards_url}/{entry.url_path}", "manager")
        for entry in PAGES
        if entry.section == "cafe"
    ]
    places += [Place("account", f"{entrance}/account", "manager"), Place("sign-in", f"{entrance}/sign-in", "")]
    odd: list[str] = []
    tokens = {role: token(home, role) for role in ("admin", "manager")}
    async with serve(system, only=SERVED), async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"]
        )
        for width in WIDTHS:
            for scheme in SCHEMES:
                for role in ("admin", "manager", ""):
                    context = await _context(browser, width=width, scheme=scheme, token=tokens.get(role, ""))
                    for place in places:
                        if place.role == role and (only is None or only in place.name):
                            picture = folder / kind / f"{place.name}-{width}-{scheme}.png"
                            odd += await _picture(context, place, picture, width=width)
                    await context.close()
        await browser.close()
    return odd


async def _context(browser: Browser, *, width: int, scheme: str, token: str) -> BrowserContext:
    context = await browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]},
        color_scheme="dark" if scheme == "dark" else "light",
        locale="sv-SE",
        device_scale_factor=1,
    )
    if token:
        await context.add_cookies([{"name": LOOPBACK_NAME, "value": token, "domain": "127.0.0.1", "path": "/"}])
    return context


async def _picture(context: BrowserContext, place: Place, picture: Path, *, width: int) -> list[str]:
    page = await context.new_page()
    odd = []
    try:
        await page.goto(place.address)
        await page.locator("h1").first.wait_for(timeout=DEADLINE_MS)
        await page.wait_for_timeout(SETTLED_MS)
        await page.wait_for_function(
            '!document.querySelector(\'[data-testid="stStatusWidget"], [data-testid="stSkeleton"]\')',
            timeout=DEADLINE_MS,
        )
        odd = [f"{picture.name}: {each}" for each in await _stands_out(page, width=width)]
    except PlaywrightError as error:
        odd = [f"{picture.name}: {type(error).__name__}"]
    picture.parent.mkdir(parents=True, exist_ok=True)
    await _whole(page, picture, width=width)
    await page.close()
    return odd


async def _stands_out(page: Page, *, width: int) -> list[str]:
    odd = []
    if await page.locator(".pf-trouble, [data-testid='stException']").count():
        odd.append("an error is shown")
    wide = await page.evaluate("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)")
    if wide > width:
        odd.append(f"{wide} px wide")
    return odd


async def _whole(page: Page, picture: Path, *, width: int) -> None:
    """Take the whole page: the window is made as tall as the container in which Streamlit scrolls."""
    tall = await page.evaluate(
        "Math.max(...['[data-testid=\"stMain\"]', 'html'].map(s => document.querySelector(s)?.scrollHeight ?? 0))"
    )
    await page.set_viewport_size({"width": width, "height": min(max(int(tall), WIDTHS[width]), 6000)})
    await page.wait_for_timeout(SETTLED_MS)
    await page.screenshot(path=picture)


def main() -> None:
    """Make the homes, then take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--home", type=Path, help="a demo's folder, to use the days that are there")
    parser.add_argument("--only", help="only pages whose name contains this")
    parser.add_argument("--data", choices=("demo", "empty"), help="only with simulated days, or only empty")
    options = parser.parse_args()
    odd: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        demo = options.home or Path(scratch) / "demo"
        if options.data != "empty":
            pilot = Path(sys.executable).with_name("pilot")
            subprocess.run([pilot, "demo", "--no-serve"], env={**os.environ, "PILOT_HOME": str(demo)}, check=True)
            odd += asyncio.run(take(options.folder, demo, kind="demo", only=options.only))
        if options.data != "demo":
            odd += asyncio.run(take(options.folder, Path(scratch) / "empty", kind="empty", only=options.only))
    print(f"{len(list(options.folder.rglob('*.png')))} pictures in {options.folder}")
    for one in odd:
        print(f"look at {one}")


if __name__ == "__main__":
    main()
