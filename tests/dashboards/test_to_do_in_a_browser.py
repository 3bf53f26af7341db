"""The page To do in a real Chromium: a case from proposal to answer by keyboard, axe, nothing cut off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from pilot.business_days import business_day
from storage.home import Home
from storage.store.cafes.cases import cases_of
from tests.dashboards.conftest import sign_in
from tests.dashboards.served_pages import AXE_RULES, Address, SignedIn, demo_home_in, launched, serve
from tests.dashboards.theme_days import theme_day

pytestmark = [pytest.mark.browser, pytest.mark.processes]

ANSWER = "öppnat en kassa till vid lunch."


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Address]]:
    """Serve a demo home of two weeks with themes, to the manager of one café."""
    folder = tmp_path_factory.mktemp("to do")
    home = demo_home_in(folder)
    today = business_day(datetime.now(UTC))
    for back in range(15):
        urgent = ("aurora",) if back == today.weekday() + 1 else ()
        theme_day(home.cafes(), today - timedelta(days=back), simulated=True, urgent=urgent, busy=0.4).write(
            home.lake()
        )
    token = sign_in(home, role="manager", cafes=("aurora",))
    with serve(home, log=folder / "log") as address:
        address.token = token
        yield home, address


@pytest.fixture(scope="module")
def chromium(served: tuple[Home, Address]) -> Iterator[SignedIn]:
    with launched() as browser:
        yield SignedIn(browser, served[1].token)


def visit(chromium: SignedIn, address: str, **options: object) -> Page:
    page = chromium.new_page(**options)
    page.goto(f"{address}/att-gora")
    page.locator("dl.pf-figures").wait_for()
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(390, 844), (1440, 900)])
def test_axe_finds_nothing_and_nothing_is_cut_off(served, chromium, scheme: str, size: tuple[int, int]) -> None:
    page = visit(chromium, served[1], viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    found = Axe().run(page, options=AXE_RULES)
    assert {each["id"]: [node["target"] for node in each["nodes"]] for each in found.response["violations"]} == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.close()


def test_a_manager_closes_and_answers_a_case_by_keyboard(served, chromium) -> None:
    home, address = served
    page = visit(chromium, address, viewport={"width": 390, "height": 844})

    def press(name: str) -> None:
        button = page.get_by_role("button", name=name).first
        button.wait_for()
        button.focus()
        page.keyboard.press("Enter")

    press("Gör till ärende: Akuta svar")
    page.get_by_text("Ärendet är skapat.").wait_for()
    summary = page.locator("[data-testid=stExpander] summary", has_text="Hantera ärendet – Akuta svar")
    summary.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Vad har ni gjort?").first.focus()
    page.keyboard.type("Ny skylt med allergener")
    page.keyboard.press("Tab")
    press("Markera som klart")
    page.get_by_text("Gjort: Ny skylt med allergener").wait_for()
    if not page.get_by_label("Vi har").first.is_visible():
        summary.focus()
        page.keyboard.press("Enter")
    page.get_by_label("Vi har").first.focus()
    page.keyboard.type(ANSWER)
    page.keyboard.press("Tab")
    press("Förhandsgranska")
    page.get_by_text("Så här ser gästen det").wait_for()
    assert Axe().run(page, options=AXE_RULES).response["violations"] == []
    press("Visa för gästerna")
    page.get_by_text(f"Svar till gästerna: {ANSWER}").wait_for()
    (case,) = cases_of(home.store(), ["aurora"], simulated=True)
    assert (case.status, case.answer) == ("done", ANSWER)
    page.close()
