"""Payments, Help, Cafés and Survey in a real Chromium: main actions by keyboard, and axe."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from payouts.deciding import decide_sessions
from pilot.business_days import business_day
from pilot.lake_tables.tables import SCORED_FEEDBACK
from storage.home import Home
from storage.store.access import accounts
from storage.store.access.survey_answers import answers_of
from storage.store.rewards import decisions
from storage.store.rewards.receipts import Receipt, save
from storage.store.rewards.reward_cases import Candidate
from tests.dashboards.conftest import sign_in
from tests.dashboards.lake_days import make_day
from tests.dashboards.served_pages import AXE_RULES, Address, SignedIn, demo_home_in, launched, serve
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.world import World

pytestmark = [pytest.mark.browser, pytest.mark.processes]

REFERENCE = "H7KM3Q"
# Each page with the role that uses it, and the words that are drawn last.
PAGES = {
    "betalningar": ("pilot_manager", "Stoppa alla belöningar och utbetalningar"),
    "kafeer": ("admin", "Öppna ett utkast"),
    "hjalp": ("manager", "Supportens tider"),
    "enkat": ("manager", "Vad ska vi ändra först?"),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Address]]:
    """Serve a demo home with a held reward, a refused payout and a receipt."""
    folder = tmp_path_factory.mktemp("team")
    home = demo_home_in(folder)
    now = datetime.now(UTC)
    today = business_day(now)
    make_day(home.cafes(), today, simulated=True).write(home.lake())
    world = World(home.root / "unused.sqlite", store=home.store(), rail=MemoryRail)
    world.at = now
    world.rail.unable.add("acct_1")
    world.earn("acct_1")
    world.pay()
    world.approve_all()
    world.pay()
    _hold(home, now=now)
    with serve(home, log=folder / "log") as address:
        yield home, address


def _hold(home: Home, *, now: datetime) -> None:
    """Give an answer of Café Aurora a receipt and a held reward."""
    row = home.lake().read(SCORED_FEEDBACK).filter(cafe="aurora").row(0, named=True)
    session, day = row["session_id"], row["day"]
    save(
        home.store(),
        Receipt(
            receipt_hash=session, reference=REFERENCE, session_id=session, cafe="aurora", day=day, language="sv",
            simulated=True, created_at=now, preliminary_score=80, preliminary_eligible=True, rubric_version="1",
        ),
    )  # fmt: skip
    one = Candidate(
        session_id=session, day=day, cafe="aurora", simulated=True, consent=True, score=80, counted_score=80,
        clear=True, held_until=now + timedelta(days=2), reasons=("ring",), device=None, rubric_version="1",
        scorer_version="1",
    )  # fmt: skip
    decide_sessions(home.store(), [one], cafes=home.cafes(), secret=home.secret(), decided_by="assets")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as found:
        yield found


def opened(served: tuple[Home, Address], browser: Browser, path: str, **options: object) -> Page:
    """Open a page as the role that uses it, and wait until it is drawn."""
    home, address = served
    role, last = PAGES[path]
    token = sign_in(home, role=role, cafes=("aurora",) if role == "manager" else ())
    page = SignedIn(browser, token).new_page(**options)
    page.goto(f"{address}/{path}")
    page.get_by_text(last).first.wait_for()
    return page


def press(page: Page, name: str) -> None:
    button = page.get_by_role("button", name=name, exact=True).first
    button.wait_for()
    button.focus()
    page.keyboard.press("Enter")


def confirm(page: Page, reason: str, action: str) -> None:
    """Give the reason, tick the box and press the action's button, by keyboard."""
    form = page.get_by_test_id("stForm").filter(has=page.get_by_role("button", name=action, exact=True)).first
    form.get_by_label("Orsak").focus()
    page.keyboard.type(reason)
    form.get_by_role("checkbox").focus()
    page.keyboard.press("Space")
    press(page, action)


@pytest.mark.parametrize(("size", "scheme"), [((390, 844), "dark"), ((1440, 900), "light")])
def test_axe_finds_nothing_and_nothing_is_cut_off(served, browser, size: tuple[int, int], scheme: str) -> None:
    found = {}
    for path in PAGES:
        page = opened(served, browser, path, viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
        for summary in page.locator("[data-testid=stExpander] summary").all():
            summary.click()
        found[path] = [
            (each["id"], [node["target"] for node in each["nodes"]])
            for each in Axe().run(page, options=AXE_RULES).response["violations"]
        ]
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path
        page.close()
    assert {path: each for path, each in found.items() if each} == {}


def test_a_pilot_manager_approves_a_reward_by_keyboard(served, browser) -> None:
    home, _ = served
    page = opened(served, browser, "betalningar")
    page.get_by_text("En belöning väntar på beslut.").wait_for()
    confirm(page, "En familj som åt samma sak", "Godkänn 30 kr")
    page.get_by_text("är godkänd. Kupongen finns på gästens kvitto.").wait_for()
    page.get_by_text("Ingen belöning väntar på beslut.").wait_for()
    (decision,) = [each for each in decisions.of_day(home.store(), business_day(datetime.now(UTC))) if each.released]
    assert decision.outcome == "held"
    page.close()


def test_a_manager_finds_a_guests_reference_and_answers_the_survey(served, browser) -> None:
    home, address = served
    page = opened(served, browser, "hjalp", viewport={"width": 390, "height": 844})
    page.get_by_label("Gästens referens").focus()
    page.keyboard.type("h7k m3q")
    page.keyboard.press("Enter")
    page.get_by_text("Café Aurora, H7K M3Q").wait_for()
    page.goto(f"{address}/enkat")
    for name in ("Stämmer helt", "Stämmer ganska bra", "Under 5 minuter", "Ja, en sak", "Ibland", "Lite tråkigt"):
        choices = page.get_by_role("radio", name=name)
        choices.first.wait_for(state="attached")
        choices.nth(1 if name == "Stämmer ganska bra" else 0).focus()
        page.keyboard.press("Space")
    press(page, "Skicka svaret")
    page.get_by_text("Tack! Svaret är sparat.").wait_for()
    (one,) = answers_of(home.store(), simulated=True)
    assert (one.answers["useful"], one.answers["easy"], one.answers["miss"]) == ("strongly_agree", "agree", "somewhat")
    page.close()


def test_an_administrator_invites_a_manager_by_a_link(served, browser) -> None:
    home, _ = served
    page = opened(served, browser, "kafeer")
    summary = page.locator("[data-testid=stExpander] summary", has_text="Bjud in en kaféchef")
    summary.focus()
    page.keyboard.press("Enter")
    page.get_by_label("E-postadress").first.focus()
    page.keyboard.type("ny@example.se")
    page.keyboard.press("Tab")
    press(page, "Bjud in")
    page.get_by_text("ny@example.se är inbjuden till Café Aurora.").wait_for()
    assert "/invitation?token=" in page.get_by_test_id("stCode").inner_text()
    invited = accounts.find(home.store(), "ny@example.se")
    assert invited is not None and invited.cafes == frozenset({"aurora"})
    page.close()
