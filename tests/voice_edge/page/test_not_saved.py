"""A failure to save: the guest reads why, need not act, and no turn is lost or sent twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from pilot.words import say
from tests.voice_edge.page.fake_edge import FOLLOW_UP, FakeEdge, until
from tests.voice_edge.page.phone import talk, write

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def fails_to_save(edge: FakeEdge, language: str) -> str:
    """Send the error and close, as the edge does; return its words."""
    message = say("edge", "errors.not_saved", language)
    edge.turn_away("not_saved", code=4503, message=message, retryable=True)
    return message


@pytest.mark.parametrize("language", ["sv", "en"])
def test_an_unsaved_text_is_resent_while_the_guest_reads_why(open_page: Open, edge: FakeEdge, language: str) -> None:
    page = open_page(language)
    write(page)
    page.fill("#answer", "Kön var lång.")
    page.click("#send")
    until(lambda: edge.count("text") == 1, what="the text")
    message = fails_to_save(edge, language)
    expect(page.locator("#notice")).to_have_text(message)
    expect(page.locator("#history li")).to_have_count(0)  # not shown as told
    expect(page.locator("#send")).to_have_text(say("page", "talk.sending", language))  # and not to be typed again
    until(lambda: edge.count("text") == 2, what="the text once more")
    edge.reply(edge.heard("Kön var lång.", mode="text"), FOLLOW_UP[language])
    expect(page.locator("#history .said p")).to_have_text(["Kön var lång."])
    expect(page.locator("#send")).to_have_attribute("aria-disabled", "false")
    assert edge.count("text") == 2


def test_unsaved_speech_is_resent_from_its_first_frame(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    talk(page, edge)
    until(lambda: len(edge.frames) > 10, what="frames")
    expect(page.locator("#notice")).to_have_text("")
    message = fails_to_save(edge, "en")
    expect(page.locator("#notice")).to_have_text(message)
    until(lambda: [frame[0] for frame in edge.frames].count(0) == 2, what="the first frame once more")


def test_repeated_failures_to_save_are_not_blamed_on_the_network(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    write(page)
    page.fill("#answer", "Kön var lång.")
    page.click("#send")
    for attempt in (1, 2, 3):
        until(lambda attempt=attempt: edge.count("text") == attempt, what="the text")
        fails_to_save(edge, "sv")
    expect(page.locator("#stuck-title")).to_have_text(say("page", "stuck.unkept", "sv"), timeout=15_000)
    expect(page.locator("#stuck-said li")).to_have_text(["Kön var lång."])
    page.click("#hand-in")
    page.wait_for_url("**/r/token")
    assert edge.rests[0][1].decode() == "Kön var lång."
