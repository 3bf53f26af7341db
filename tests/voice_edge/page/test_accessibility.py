"""WCAG 2.2 AA on every screen in both languages: axe, keyboard, targets, focus, motion, language."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from pilot.words import section
from tests.voice_edge.page.fake_edge import FOLLOW_UP, THANKS, FakeEdge, until
from tests.voice_edge.page.phone import answer, screen, talk, write
from tests.voice_edge.page.states import AGENTS, BEFORE, STATES, reach

pytestmark = pytest.mark.browser
Open = Callable[..., Page]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SMALLEST_TARGET_PX = 48


def without_faults(page: Page) -> None:
    """Assert that axe finds no violation."""
    results = Axe().run(page, options=RULES)
    assert results.violations_count == 0, results.generate_report()


def check(page: Page, edge: FakeEdge, language: str) -> None:
    """Assert that axe, target sizes, width and language are correct."""
    without_faults(page)
    targets = page.locator("button:visible, a:visible, textarea:visible, label:has(input):visible").evaluate_all(
        "all => all.map((each) => [each.id || each.textContent, each.getBoundingClientRect()])"
        ".map(([name, box]) => [name, box.width, box.height])"
    )
    assert [target for target in targets if min(target[1:]) < SMALLEST_TARGET_PX] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    other = "en" if language == "sv" else "sv"
    shown = page.locator("main").inner_text() + page.locator("#notice").inner_text()
    ours = set(section("page", language).values())
    foreign = [
        text for text in section("page", other).values() if len(text) > 4 and "{" not in text and text not in ours
    ]
    assert [text for text in foreign if text in shown.split("\n")] == []


@pytest.mark.parametrize(
    ("state", "language"), [(state, ("sv", "en")[index % 2]) for index, state in enumerate(STATES)]
)
def test_every_state_is_accessible_in_both_colour_schemes(
    open_page: Open, edge: FakeEdge, state: str, language: str
) -> None:
    for knob, value in BEFORE.get(state, {}).items():
        setattr(edge, knob, value)
    page = open_page(language, **({"user_agent": AGENTS[state]} if state in AGENTS else {}))
    reach(state, page, edge, language)
    check(page, edge, language)
    page.emulate_media(color_scheme="dark")
    without_faults(page)


@pytest.mark.parametrize(
    "path",
    [
        "/r/token?outcome=yes",
        "/r/token?outcome=no",
        "/r/token?outcome=wait",
        "/notice/unknown_code",
        "/notice/wrong_cafe",
        "/notice/maintenance",
        "/privacy?lang=sv",
        "/privacy?lang=en",
    ],
)
def test_receipts_and_notices_are_accessible(open_page: Open, edge: FakeEdge, path: str) -> None:
    edge.simulated = True
    page = open_page(path=path)
    without_faults(page)
    page.emulate_media(color_scheme="dark")
    without_faults(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until this is focused; every focused element on the way must be visible with a ring."""
    for _ in range(20):
        page.keyboard.press("Tab")
        ring = page.evaluate(
            "() => { const e = document.activeElement; if (e === document.body) return null;"
            " const box = e.getBoundingClientRect(); const style = getComputedStyle(e);"
            " const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);"
            " return [style.outlineStyle, e.contains(top)]; }"
        )
        if ring is None:
            continue
        assert ring == ["solid", True]
        if page.locator(selector).evaluate("e => e === document.activeElement"):
            return
    raise AssertionError(f"Tab never reaches {selector}")


def test_the_whole_talk_works_with_only_the_keyboard(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    screen(page, "welcome")
    tab_to(page, "#choose-text")
    page.keyboard.press("Enter")
    expect(page.locator("#consent-title")).to_be_focused()
    tab_to(page, "#agree")
    page.keyboard.press("Space")
    expect(page.locator("#answer")).to_be_focused()
    page.keyboard.type("The cardamom bun was lovely.")
    tab_to(page, "#send")
    page.keyboard.press("Enter")
    until(lambda: edge.count("text") == 1, what="the text")
    edge.reply(edge.heard("The cardamom bun was lovely.", mode="text"), THANKS["en"], purpose="thanks")
    edge.review()
    expect(page.locator("#review-title")).to_be_focused()
    tab_to(page, ".answer .button")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    tab_to(page, "#finish")
    page.keyboard.press("Enter")
    page.wait_for_url("**/r/token")


def test_a_complete_question_is_announced_without_moving_the_focus(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    write(page)
    turn = answer(page, edge, "The bun was lovely.")
    edge.reply(turn, "What made", final=False)
    expect(page.locator("#asked")).to_have_attribute("aria-busy", "true")
    edge.reply(turn, FOLLOW_UP["en"])
    expect(page.locator("#asked")).to_have_attribute("aria-busy", "false")
    expect(page.locator("#asked")).to_have_attribute("aria-live", "polite")
    expect(page.locator("#answer")).to_be_focused()


def test_reduced_motion_stops_every_animation(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en", reduced_motion="reduce")
    talk(page, edge)
    edge.push({"type": "state", "state": "thinking"})
    expect(page.locator("#state-name")).to_have_text("Thinking")
    assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("width", [320, 390, 844])
def test_nothing_is_cut_off_on_small_or_rotated_phones_or_in_large_text(
    open_page: Open, edge: FakeEdge, width: int
) -> None:
    page = open_page("sv")
    page.set_viewport_size({"width": width, "height": 568})
    page.add_style_tag(url="/static/page.css")
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.click("#choose-text")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.click("#agree")
    screen(page, "talk")
    page.locator("#send").scroll_into_view_if_needed()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
