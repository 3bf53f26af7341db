"""The frame of the pages in a real Chromium: language, title, focus, menus and colours."""

from __future__ import annotations

import urllib.request

import pytest

from pilot.words import section
from tests.dashboards.served_pages import Address
from tests.dashboards.test_browser import TITLES

pytestmark = [pytest.mark.browser, pytest.mark.processes]

LANG = "document.documentElement.lang"
LABELS = (
    "[...document.querySelectorAll('[aria-label], [title], [placeholder]')].flatMap(one => "
    "['aria-label', 'title', 'placeholder'].map(name => one.getAttribute(name)).filter(Boolean))"
)
MARKS = "[...document.querySelectorAll('[data-testid=stVegaLiteChart] path')].map(one => one.getAttribute('fill'))"
OUTLINE = "getComputedStyle(document.activeElement.closest('label, [data-testid=stNumberInputContainer]')\
 ?? document.activeElement).outlineWidth"
TABS = 12


def opened(chromium, address: str, **options: object):
    page = chromium.new_page(locale="sv-SE", **options)
    page.goto(address)
    page.locator(".pf-head h1").first.wait_for()
    return page


@pytest.mark.parametrize("path", TITLES)
def test_a_page_is_served_as_swedish_before_its_script_runs(server: Address, path: str):
    asked = urllib.request.Request(
        f"{server}/{path}", headers={**server.headers, "Accept": "text/html", "Accept-Encoding": "gzip"}
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        html = answer.read().decode()
    assert '<html lang="sv">' in html
    assert "<title>Kafépiloten</title>" in html
    assert html.rstrip().endswith("</html>")


@pytest.mark.parametrize("path", TITLES)
def test_a_page_has_its_language_and_title_in_both_languages(server: Address, chromium, path: str):
    page = opened(chromium, f"{server}/{path}")
    swedish, english = TITLES[path]
    page.wait_for_function("title => document.title === title", arg=f"{swedish} – Kafépiloten")
    assert page.evaluate(LANG) == "sv"
    page.get_by_text("English", exact=True).click()
    page.wait_for_function("title => document.title === title", arg=f"{english} – Kafépiloten")
    page.wait_for_function(f"{LANG} === 'en'")
    page.close()


@pytest.mark.parametrize("path", ["", "piloten", "datakvalitet", "betalningar"])
def test_no_label_of_streamlits_frame_is_english_on_a_swedish_page(server: Address, chromium, path: str):
    english = {text for key, text in section("dashboards", "en").items() if key.startswith("streamlit.")}
    page = opened(chromium, f"{server}/{path}")
    page.wait_for_load_state("networkidle")
    page.wait_for_function("!document.querySelector('[data-testid=stApp][data-test-script-state=running]')")
    labels = page.evaluate(LABELS)
    assert "Sidor" in labels
    assert [label for label in labels if label.split(":")[0] in english] == []
    page.close()


def test_a_charts_menu_follows_the_readers_language(server: Address, chromium):
    page = opened(chromium, server)
    chart = page.locator("[data-testid=stElementContainer]:has([data-testid=stVegaLiteChart])").first
    chart.hover()
    chart.get_by_role("button", name="Helskärm").hover()
    page.get_by_test_id("stTooltipContent").get_by_text("Helskärm", exact=True).wait_for()
    page.get_by_text("English", exact=True).click()
    page.get_by_role("heading", name="When guests answered").wait_for()
    chart.hover()
    chart.get_by_role("button", name="Fullscreen").wait_for()
    page.close()


def test_the_hint_of_a_form_is_in_swedish(server: Address, chromium):
    page = opened(chromium, server)
    page.get_by_test_id("stNumberInputField").fill("12")
    page.get_by_text("Tryck på Enter för att spara").wait_for()
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_focus_is_visible_on_everything_that_tab_reaches(server: Address, chromium, scheme: str):
    page = opened(chromium, server, color_scheme=scheme)
    page.get_by_test_id("stNumberInputField").wait_for()
    seen = []
    for _ in range(TABS):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(f"[document.activeElement.outerHTML.slice(0, 80), {OUTLINE}]"))
    assert [what for what, width in seen if width != "3px"] == []
    page.close()


def test_charts_are_drawn_anew_in_the_readers_colours(server: Address, chromium):
    page = opened(chromium, server, color_scheme="dark")
    page.wait_for_function(f"{MARKS}.includes('#7CC4AE')")
    assert "#1F5A4C" not in page.evaluate(MARKS)
    page.close()
