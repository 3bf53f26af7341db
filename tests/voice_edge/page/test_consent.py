"""Consent: buttons in view on small phones, its promises; and the Tab key's order on every screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.voice_edge.page.fake_edge import FakeEdge
from tests.voice_edge.page.phone import screen
from tests.voice_edge.page.states import AGENTS, BEFORE, STATES, reach

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
SMALL = [(375, 667), (320, 568)]


@pytest.mark.parametrize("size", SMALL)
@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("way", ["voice", "text"])
def test_every_button_of_the_consent_is_in_view_without_scrolling(
    open_page: Open, edge: FakeEdge, way: str, language: str, size: tuple[int, int]
) -> None:
    edge.device_token, edge.qualified = "ask", ()
    page = open_page(language)
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    page.click(f"#choose-{way}")
    screen(page, "consent")
    boxes = page.locator(".screen:visible button:visible").evaluate_all(
        "all => all.map((each) => [each.id, each.getBoundingClientRect()]).map(([id, box]) => [id, box.top, box.bottom])"
    )
    assert [name for name, *_ in boxes] == ["agree", *(["rather-text"] if way == "voice" else []), "decline"]
    assert [box for box in boxes if box[1] < 0 or box[2] > height] == []
    promises = page.locator(".promises").bounding_box()
    agree = page.locator("#agree").bounding_box()
    assert promises and agree
    assert agree["y"] - promises["y"] > 200, "the promises have room above the buttons"


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_consent_names_the_controller_the_purpose_and_the_time(
    open_page: Open, edge: FakeEdge, language: str
) -> None:
    page = open_page(language)
    page.click("#choose-text")
    promises = page.locator(".promises")
    for words in ("Svenska kafépiloten", "Café Aurora", "90", {"sv": "bättre", "en": "better"}[language]):
        expect(promises).to_contain_text(words)
    link = page.locator(".privacy")
    assert link.get_attribute("href") == f"/privacy?lang={language}"
    with page.context.expect_page() as opened:
        link.click()
    expect(opened.value.locator("h1")).to_have_text(
        {"sv": "Så hanterar vi dina uppgifter", "en": "How we handle your data"}[language]
    )
    screen(page, "consent")


ORDER = """() => {
  const ends = new Map();
  for (const each of document.querySelectorAll("a[href], button, textarea, input")) {
    const box = each.getBoundingClientRect();
    if (box.width && !each.disabled && each.tabIndex >= 0) ends.set(each, box);
  }
  const docked = (each) => (each.closest(".dock, .sticky") ? 1 : 0);
  const before = ([a, p], [b, q]) =>
    docked(a) - docked(b) || (Math.abs(p.top + p.height / 2 - q.top - q.height / 2) > Math.min(p.height, q.height) / 2
      ? p.top - q.top : p.left - q.left);
  const name = ([each]) => each.id || each.getAttribute("aria-label") || each.textContent;
  return [[...ends].map(name), [...ends].sort(before).map(name)];
}"""


@pytest.mark.parametrize("state", sorted(STATES))
def test_the_tab_key_goes_in_the_order_that_is_seen(open_page: Open, edge: FakeEdge, state: str) -> None:
    for knob, value in BEFORE.get(state, {}).items():
        setattr(edge, knob, value)
    page = open_page("sv", **({"user_agent": AGENTS[state]} if state in AGENTS else {}))
    reach(state, page, edge, "sv")
    tabbed, seen = page.evaluate(ORDER)
    assert tabbed == seen
