"""Reading aloud by the phone's voice, only in voice mode, while the microphone rests."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.voice_edge.page.fake_edge import FOLLOW_UP, QUESTION, FakeEdge, until
from tests.voice_edge.page.phone import screen, talk, write

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
# A phone with a voice; each text is over as soon as it began, but for one that lasts until `window.finish()`.
VOICE = """(held) => {
  const voice = { lang: "en-GB", localService: true, name: "test" };
  speechSynthesis.getVoices = () => [voice];
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
  speechSynthesis.cancel = () => {};
  window.spoken = [];
  speechSynthesis.speak = (utterance) => {
    if (!utterance.text.trim()) return; // the silent one that wakes iOS
    window.spoken.push(utterance.text);
    utterance.onstart();
    if (utterance.text === held) window.finish = utterance.onend;
    else utterance.onend();
  };
  speechSynthesis.dispatchEvent(new Event("voiceschanged"));
}"""
# The browser's question about the microphone stays open until `window.allow()`.
HELD_MICROPHONE = """() => {
  const media = navigator.mediaDevices, ask = media.getUserMedia.bind(media);
  media.getUserMedia = (wish) => new Promise((done) => { window.allow = () => done(ask(wish)); });
}"""
SPOKEN = "window.spoken"


def test_the_microphone_rests_during_reading_which_can_be_switched_off(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    page.evaluate(VOICE, FOLLOW_UP["en"])
    talk(page, edge)
    turn = edge.heard("The bun was lovely.")
    edge.reply(turn, FOLLOW_UP["en"])
    until(lambda: FOLLOW_UP["en"] in page.evaluate(SPOKEN), what="it in the page")
    edge.push({"type": "state", "state": "listening"})
    expect(page.locator("#state-name")).to_have_text("Reading the question aloud")
    count = len(edge.frames)
    page.evaluate("new Promise((done) => setTimeout(done, 300))")
    assert len(edge.frames) - count <= 2
    page.evaluate("window.finish()")
    expect(page.locator("#state-name")).to_have_text("I'm listening")
    until(lambda: len(edge.frames) > count + 2, what="sound again")
    assert page.evaluate(SPOKEN) == [QUESTION["en"], FOLLOW_UP["en"]]
    page.get_by_role("button", name="Reading aloud on").click()
    turn = edge.heard("It was warm.")
    edge.reply(turn, "What else?")
    expect(page.locator("#question")).to_have_text("What else?")
    assert "What else?" not in page.evaluate(SPOKEN)


def test_the_first_question_is_read_once_the_microphone_is_open(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    page.evaluate(VOICE, QUESTION["en"])
    page.evaluate(HELD_MICROPHONE)
    page.click("#choose-voice")
    page.click("#agree")
    screen(page, "microphone")
    expect(page.locator("#question")).to_have_text(QUESTION["en"])
    assert page.evaluate(SPOKEN) == []
    page.evaluate("window.allow()")
    screen(page, "talk")
    expect(page.locator("#state-name")).to_have_text("Reading the question aloud")
    assert edge.frames == []
    page.evaluate("window.finish()")
    expect(page.locator("#state-name")).to_have_text("I'm listening")
    until(lambda: edge.frames, what="sound")
    assert page.evaluate(SPOKEN) == [QUESTION["en"]]


def test_nothing_is_read_after_switching_to_writing_at_the_prompt(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    page.evaluate(VOICE, "")
    page.evaluate(HELD_MICROPHONE)
    page.click("#choose-voice")
    page.click("#agree")
    screen(page, "microphone")
    page.click("#microphone-text")
    screen(page, "talk")
    page.evaluate("window.allow()")
    expect(page.locator("#question")).to_have_text(QUESTION["en"])
    edge.reply(edge.heard("Good coffee.", mode="text"), FOLLOW_UP["en"])
    expect(page.locator("#question")).to_have_text(FOLLOW_UP["en"])
    assert page.evaluate(SPOKEN) == []


def test_nothing_is_read_in_writing_mode(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    page.evaluate(VOICE, "")
    write(page)
    expect(page.locator("#question")).to_have_text(QUESTION["en"])
    assert page.evaluate(SPOKEN) == []
