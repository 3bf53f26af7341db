"""A guest can stop asking to be asked: "Räcker så", progress, and the keys that send and cancel."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from pilot.words import say
from tests.voice_edge.page.fake_edge import FOLLOW_UP, THANKS, FakeEdge, until
from tests.voice_edge.page.phone import answer, screen, talk, write
from tests.voice_edge.page.states import SAID

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def test_enough_opens_the_review_with_the_microphone_off(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    talk(page, edge)
    expect(page.locator("#enough-voice")).to_have_text("Avsluta utan att skicka")
    edge.reply(edge.heard(SAID["sv"]), FOLLOW_UP["sv"])
    edge.push({"type": "state", "state": "listening"})
    expect(page.locator("#enough-voice")).to_have_text("Räcker så")
    page.click("#enough-voice")
    screen(page, "review")
    expect(page.locator("#answers textarea")).to_have_value(SAID["sv"])
    assert edge.last("mode")["mode"] == "text"
    page.click("#finish")
    page.wait_for_url("**/r/token")
    assert edge.count("finish") == 1


def test_enough_in_mid_sentence_keeps_the_sentence(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    talk(page, edge)
    edge.push({"type": "state", "state": "hearing"})
    expect(page.locator("#state-name")).to_have_text("Jag hör dig")
    page.click("#enough-voice")
    until(lambda: edge.count("stop") == 1, what="the end of the turn")
    edge.push({"type": "state", "state": "thinking"})
    edge.heard(SAID["sv"])
    screen(page, "review")
    expect(page.locator("#answers textarea")).to_have_value(SAID["sv"])


def test_enough_while_writing_sends_what_is_typed(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    write(page)
    page.fill("#answer", SAID["en"])
    page.click("#enough-text")
    until(lambda: edge.count("text") == 1, what="the text at the edge")
    turn = edge.heard(SAID["en"], mode="text")
    screen(page, "review")
    page.fill("#answers textarea", "The bun was dry.")
    edge.reply(turn, THANKS["en"], purpose="thanks")
    edge.review()
    page.click("#finish")
    page.wait_for_url("**/r/token")
    assert edge.last("edit")["text"] == "The bun was dry."


def test_enough_before_any_answer_ends_without_sending(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    write(page)
    page.click("#enough-text")
    screen(page, "ended")
    expect(page.locator("#ended-title")).to_have_text(say("page", "ended.left_title", "sv"))
    until(lambda: edge.count("leave") == 1, what="leave")


def test_the_progress_counts_questions_and_not_repetitions(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    write(page)
    expect(page.locator("#progress")).to_have_text("Fråga 1 av högst 3")
    edge.reply(edge.heard("mummel", low_confidence=True), "Jag hörde inte.", purpose="ask_again")
    expect(page.locator("#remark")).to_have_text("Jag hörde inte.")
    expect(page.locator("#progress")).to_have_text("Fråga 1 av högst 3")
    edge.reply(answer(page, edge, SAID["sv"]), FOLLOW_UP["sv"])
    expect(page.locator("#progress")).to_have_text("Fråga 2 av högst 3")


@pytest.mark.parametrize("key", ["Control+Enter", "Meta+Enter"])
def test_control_and_enter_send_the_answer_and_then_the_review(open_page: Open, edge: FakeEdge, key: str) -> None:
    page = open_page("en")
    write(page)
    page.keyboard.type("The bun was lovely.")
    page.keyboard.press("Enter")
    assert edge.count("text") == 0
    page.keyboard.press(key)
    until(lambda: edge.count("text") == 1, what="the text")
    assert edge.last("text")["text"] == "The bun was lovely."
    edge.reply(edge.heard("The bun was lovely.", mode="text"), THANKS["en"], purpose="thanks")
    edge.review()
    screen(page, "review")
    page.focus("#answers textarea")
    page.keyboard.press(key)
    page.wait_for_url("**/r/token")


@pytest.mark.parametrize(("key", "kept"), [("Escape", SAID["en"]), ("Control+Enter", "The bun was dry.")])
def test_escape_cancels_mending_and_control_enter_saves_it(
    open_page: Open, edge: FakeEdge, key: str, kept: str
) -> None:
    page = open_page("en")
    write(page)
    edge.reply(answer(page, edge, SAID["en"]), FOLLOW_UP["en"])
    page.click("#history .round")
    page.fill("#history textarea", "The bun was dry.")
    page.keyboard.press(key)
    expect(page.locator("#history .said p")).to_have_text(kept)
    expect(page.locator("#history .round")).to_be_focused()
    assert edge.count("edit") == (kept != SAID["en"])


LOUD = """() => {
  const context = new AudioContext(), tone = context.createOscillator(), out = context.createMediaStreamDestination();
  tone.connect(out);
  tone.start();
  navigator.mediaDevices.getUserMedia = async () => { await context.resume(); return out.stream; };
}"""


def test_speech_during_the_reply_is_said_to_be_lost(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    page.evaluate(LOUD)
    talk(page, edge)
    edge.push({"type": "state", "state": "hearing"})
    expect(page.locator("#state-hint")).to_have_text(say("page", "talk.hearing_hint", "sv"))
    heard = len(edge.frames)  # The page measures the customer's own level in this state.
    until(lambda: len(edge.frames) > heard + 10, what="frames of a turn")
    until(lambda: page.evaluate("getComputedStyle(orb).getPropertyValue('--loud')") > "0.9", what="a loud voice")
    turn = edge.heard(SAID["sv"])
    edge.push({"type": "state", "state": "thinking"})
    expect(page.locator("#state-hint")).to_have_text(say("page", "talk.unheard", "sv"))
    edge.reply(turn, FOLLOW_UP["sv"])
    edge.push({"type": "state", "state": "listening"})
    expect(page.locator("#notice")).to_have_text(say("page", "notice.missed", "sv"))
