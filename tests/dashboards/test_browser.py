"""The pages in a real Chromium: no error, no foreign host, nothing cut off, no violation found by axe."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from operations.record_lines import records_of
from operations.watch.alerts.urgent import RECORDS_NAME, UrgentWatcher
from pilot.business_days import business_day
from pilot.lake_tables.tables import SCORED_FEEDBACK
from storage.home import Home
from storage.store.payouts import batches
from tests.dashboards.lake_days import make_day
from tests.dashboards.served_pages import AXE_RULES
from tests.dashboards.two_weeks import ODD_DAY_BACK

pytestmark = [pytest.mark.browser, pytest.mark.processes]

SIZES = ((1280, 900), (390, 844))
# Each size and each scheme once: together they would cost twice as much and have never differed.
SCREENS = {"desk-light": ((1280, 900), "light"), "phone-dark": ((390, 844), "dark")}
PAGES = {
    "day": "",
    "guests": "gasterna",
    "rules": "regler",
    "sessions": "samtal",
    "overview": "piloten",
    "kpi": "kpi",
    "what_if": "tank-om",
    "technical": "teknik",
    "voice": "rost",
    "alerts": "larm",
    "cafes": "kafeer",
    "quality": "datakvalitet",
    "audit": "logg",
}
TITLES = {
    "": ("I dag", "Today"),
    "gasterna": ("Vad gästerna säger", "What guests say"),
    "att-gora": ("Att göra", "To do"),
    "regler": ("Regler", "Rules"),
    "samtal": ("Samtal", "Sessions"),
    "piloten": ("Hela piloten", "The whole pilot"),
    "kpi": ("Affärsmått", "Business KPIs"),
    "kafeer": ("Kaféer", "Cafés"),
    "datakvalitet": ("Datakvalitet", "Data quality"),
    "betalningar": ("Betalningar", "Payments"),
}

# A page draws a chart, a table or a list last.
DRAWN = (
    "[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg.marks, [data-testid=stDataFrame] canvas, "
    "ol.pf-sessions, .st-key-what-if-table table"
)

GROUND = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"

# On a deep link Streamlit first tries to find its server beneath the page's path, and gets a 404.
PROBED = ("/_stcore/health", "/_stcore/host-config")


def test_no_page_can_be_framed(server: str):
    for path in ("/", "/piloten", "/_stcore/health"):
        assert httpx.get(server + path, trust_env=False).headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 400),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:8000"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
    ],
)
def test_another_sites_request_is_refused(server: str, headers: dict[str, str], status: int):
    assert httpx.get(f"{server}/_stcore/health", headers=headers, trust_env=False).status_code == status


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:8000", None])
def test_another_sites_page_opens_no_websocket(server: str, origin: str | None):
    address = server.replace("http", "ws", 1) + "/_stcore/stream"
    with pytest.raises(InvalidStatus, match="403"), connect(address, origin=origin, proxy=None):
        pass


def test_the_first_visit_can_be_to_any_page(server: str, chromium):
    page = chromium.new_page()
    page.goto(f"{server}/piloten")
    page.get_by_role("heading", level=1).first.wait_for()
    page.locator("[data-testid=stVegaLiteChart]").first.wait_for()
    assert page.get_by_text("Page not found").count() == 0
    page.close()


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_complete_and_accessible(name: str, screen: str, server: str, chromium, tmp_path: Path):
    (width, height), scheme = SCREENS[screen]
    page = chromium.new_page(viewport={"width": width, "height": height}, locale="sv-SE", color_scheme=scheme)
    foreign: list[str] = []
    errors: list[str] = []
    failed: list[str] = []
    page.on("request", lambda one: foreign.append(one.url) if not _own(one.url, server) else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("response", lambda one: failed.append(one.url) if one.status >= 400 else None)
    page.on(
        "console",
        lambda one: errors.append(one.text) if one.type == "error" and "404 (Not Found)" not in one.text else None,
    )
    page.goto(f"{server}/{PAGES[name]}")
    page.wait_for_selector(".pf-head h1")
    drawn(page, tmp_path / f"{name}-{width}-{scheme}.png")
    assert page.evaluate(GROUND) == {"light": "rgb(255, 255, 255)", "dark": "rgb(27, 24, 21)"}[scheme]
    assert foreign == []
    assert errors == []
    assert [url for url in failed if not url.endswith(PROBED)] == []
    assert_complete_and_accessible(page)
    page.close()


@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_a_found_payment_is_complete_and_accessible(
    size: tuple[int, int], server: str, chromium, tmp_path: Path, served_home: Home
):
    (payout,) = batches.instructions(served_home.store())
    page = chromium.new_page(viewport={"width": size[0], "height": size[1]}, locale="sv-SE")
    page.goto(f"{server}/betalningar")
    page.get_by_role("textbox", name="Referens eller id").fill(payout.id)
    page.keyboard.press("Enter")
    page.get_by_text("Pengarna finns i mottagarens Stripe-saldo").wait_for()
    drawn(page, tmp_path / f"payment-{size[0]}.png")
    assert_complete_and_accessible(page)
    page.close()


@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_a_day_with_little_feedback_is_complete_and_accessible(
    size: tuple[int, int], server: str, chromium, tmp_path: Path
):
    odd = business_day(datetime.now(UTC)) - timedelta(days=ODD_DAY_BACK)
    page = chromium.new_page(viewport={"width": size[0], "height": size[1]}, locale="sv-SE")
    page.goto(f"{server}/?kafe=aurora&dag={odd}")
    page.get_by_text("Mellan klockan 8 och 11").wait_for()
    drawn(page, tmp_path / f"odd-{size[0]}.png")
    assert_complete_and_accessible(page)
    page.close()


def drawn(page, picture: Path) -> None:
    """Wait until the page is complete, and take a screenshot of it."""
    page.locator(DRAWN).first.wait_for()
    page.wait_for_function("!document.querySelector('[data-testid=stApp][data-test-script-state=running]')")
    page.screenshot(path=picture)


def assert_complete_and_accessible(page) -> None:
    assert page.get_by_text("Simulerade data").first.is_visible()
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth"), "the page scrolls sideways"
    cut = page.evaluate(
        "[...document.querySelectorAll('[class^=pf-]:not(.pf-scroll)')]"
        ".filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline'"
        " && one.tagName !== 'CAPTION' && one.tagName !== 'THEAD').map(one => one.className + ': ' + one.textContent)"
    )
    assert cut == []
    found = Axe().run(page, options=AXE_RULES)
    violations = {one["id"]: [node["target"] for node in one["nodes"]] for one in found.response["violations"]}
    assert violations == {}


def _own(url: str, server: str) -> bool:
    return url.startswith((server, server.replace("http", "ws"), "data:", "blob:"))


def test_the_chosen_cafe_is_in_the_address(server: str, chromium):
    page = chromium.new_page()
    page.goto(f"{server}/?kafe=goteborg")
    page.get_by_role("heading", name="Göteborg Café", level=1).wait_for()
    page.reload()
    page.get_by_role("heading", name="Göteborg Café", level=1).wait_for()
    assert "kafe=goteborg" in page.url
    page.close()


@pytest.mark.slow
def test_an_open_page_shows_a_rebuilt_day_without_a_reload(server: str, chromium, served_home: Home):
    page = chromium.new_page()
    page.goto(f"{server}/?kafe=malmohuset")
    count = page.locator(".pf-figure .pf-value").first
    count.wait_for()
    before = count.inner_text()
    today = business_day(datetime.now(UTC))
    make_day(served_home.cafes(), today, simulated=True, busy=0.2).write(served_home.lake())
    page.wait_for_function(
        "before => document.querySelector('.pf-figure .pf-value').textContent !== before", arg=before, timeout=60_000
    )
    page.close()


def test_the_link_of_an_alert_leads_to_the_feedback(server: str, chromium, tmp_path: Path, served_home: Home):
    lake = served_home.lake()
    day = business_day(datetime.now(UTC)) - timedelta(days=2)
    scored = lake.read(SCORED_FEEDBACK, days=[day])
    mine = scored.filter(pl.col("cafe") == "goteborg")["session_id"][0]
    flags = pl.when(pl.col("session_id") == mine).then(pl.lit(["urgent_allergy"])).otherwise("flags")
    lake.replace_partition(SCORED_FEEDBACK, day, scored.with_columns(flags=flags), commit={})

    UrgentWatcher(
        lake,
        open_store=served_home.store,
        folder=tmp_path,
        pages_url=server,
        simulated=True,
        clock=lambda: datetime.now(UTC),
    )()
    (link,) = [record["link"] for record in records_of(tmp_path / RECORDS_NAME) if record["session_id"] == mine]

    page = chromium.new_page()
    page.goto(link)
    page.get_by_role("heading", name="Göteborg Café", level=1).wait_for()
    alarm = page.locator("section.pf-alarm")
    alarm.wait_for()
    assert page.get_by_text("Page not found").count() == 0
    alarm.get_by_role("link").click()
    answer = page.locator(f"#svar-{mine}")
    page.wait_for_function(
        "id => { const at = document.getElementById(id)?.getBoundingClientRect();"
        " return Boolean(at) && at.top >= 0 && at.top < window.innerHeight }",
        arg=f"svar-{mine}",
    )
    assert answer.count() == 1
    page.close()
