"""Text only on the customer's page: a talk under way goes on in writing, and may be spoken again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.voice_edge.page.fake_edge import FakeEdge, until
from tests.voice_edge.page.phone import answer, screen, talk

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
OFF = {"sv": "Just nu går det bara att skriva", "en": "Right now you can only write"}


def turn(edge: FakeEdge, *, offered: bool) -> None:
    until(lambda: edge.seq >= 0, what="a page that was welcomed")  # An earlier message would reach nobody.
    edge.push({"type": "voice", "offered": offered})


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_talk_goes_on_in_writing_and_may_be_spoken_again(open_page: Open, edge: FakeEdge, language: str) -> None:
    page = open_page(language)
    talk(page, edge)
    turn(edge, offered=False)
    expect(page.locator("#voice-off")).to_contain_text(OFF[language])
    expect(page.locator("#text-dock")).to_be_visible()
    expect(page.locator("#to-voice")).to_be_hidden()
    until(lambda: edge.last("mode")["mode"] == "text", what="mode text")
    answer(page, edge, "Kaffet var gott.")
    turn(edge, offered=True)
    expect(page.locator("#to-voice")).to_be_visible()
    expect(page.locator("#voice-off")).to_be_hidden()
    expect(page.locator("#text-dock")).to_be_visible()


def test_before_the_talk_the_ways_to_talk_come_and_go_and_nobody_is_stuck(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    turn(edge, offered=False)
    expect(page.locator("#choose-voice")).to_be_hidden()
    expect(page.locator("#able")).to_be_hidden()
    turn(edge, offered=True)
    expect(page.locator("#choose-voice")).to_be_visible()
    page.click("#choose-voice")
    screen(page, "consent")
    turn(edge, offered=False)
    expect(page.get_by_role("button", name="Godkänn och börja skriva", exact=True)).to_be_visible()
    page.click("#agree")
    screen(page, "talk")
    expect(page.locator("#answer")).to_be_focused()


def test_the_microphones_trouble_leads_to_writing_and_a_review_is_left_alone(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); }; }"
    )
    page.click("#choose-voice")
    page.click("#agree")
    screen(page, "trouble")
    turn(edge, offered=False)
    screen(page, "talk")
    answer(page, edge, "Kaffet var gott.")
    edge.review()
    screen(page, "review")
    turn(edge, offered=True)
    turn(edge, offered=False)
    expect(page.locator("#voice-off")).to_contain_text(OFF["sv"])
    screen(page, "review")
