"""The journey on a phone-sized screen: choose, consent, talk or write, edit, send, receipt."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from statistics import median

import pytest
from playwright.sync_api import Page, expect

from pilot.events import CONSENT_VERSION
from tests.voice_edge.page.fake_edge import FOLLOW_UP, QUESTION, THANKS, FakeEdge, until
from tests.voice_edge.page.phone import answer, screen, talk, write
from tests.voice_edge.page.test_words_and_weight import LATER
from voice_edge.http.static_files import STATIC_FOLDER

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def test_writing_leads_from_the_first_screen_to_the_receipt(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    expect(page.locator(".hero .cafe")).to_have_text("Café Aurora")
    write(page)
    expect(page.locator("#question")).to_have_text(QUESTION["sv"])
    turn = answer(page, edge, "Kardemummabullen var jättegod, men kön var lång.")
    edge.reply(turn, FOLLOW_UP["sv"])
    expect(page.locator("#question")).to_have_text(FOLLOW_UP["sv"])
    expect(page.locator("#history .said p")).to_have_text("Kardemummabullen var jättegod, men kön var lång.")
    turn = answer(page, edge, "Den var varm.")
    edge.reply(turn, THANKS["sv"], purpose="thanks")
    edge.review()
    screen(page, "review")
    expect(page.locator("#parting")).to_have_text(THANKS["sv"])
    page.click("#finish")
    page.wait_for_url("**/r/token")
    expect(page.locator(".reference")).to_have_text("K7F 3QX")
    assert edge.types() == ["start", "consent", "text", "shown", "text", "shown", "finish"]
    assert edge.last("consent")["version"] == CONSENT_VERSION
    assert edge.last("consent")["scope"] == ["transcript"]


def test_the_sound_code_loads_after_choosing_voice_and_before_the_prompt(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    until(lambda: edge.hellos, what="a hello")
    files = "performance.getEntriesByType('resource').map(({ name }) => name.split('/').at(-1)).filter(Boolean)"
    loaded = set(page.evaluate(files))
    everything = {path.name for path in STATIC_FOLDER.iterdir()}
    assert everything - loaded - {"icons.svg"} == LATER  # what an SVG refers to is not listed
    page.click("#choose-voice")
    until(lambda: "capture.js" in page.evaluate(files), what="the sound")


def test_speech_reaches_the_edge_as_ordered_frames_with_capture_times(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    talk(page, edge)
    until(lambda: len(edge.frames) > 50, what="two seconds of sound")
    frames = edge.frames[:50]
    assert [frame[0] for frame in frames] == list(range(50))
    assert {len(frame[2]) for frame in frames} == {1280}
    steps = [later[1] - earlier[1] for earlier, later in pairwise(frames)]
    # The sound's clock is laid on the page's anew after a stall, and that may set a frame or two back.
    assert sum(step <= 0 for step in steps) <= len(steps) // 10
    assert median(steps) == pytest.approx(40, abs=1)  # A busy machine's microphone may skip a beat, not most of them.
    assert frames[-1][1] <= page.evaluate("performance.now()")
    assert any(any(frame[2]) for frame in frames)
    assert edge.last("microphone")["result"] == "granted"
    assert edge.last("microphone")["sample_rate"] in (16_000, 44_100, 48_000, 96_000)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("sv", ["Jag lyssnar", "Jag hör dig", "Tänker efter", "Svarar"]),
        ("en", ["I'm listening", "I can hear you", "Thinking", "Answering"]),
    ],
)
def test_each_state_of_the_microphone_has_its_own_words_icon_and_shape(
    open_page: Open, edge: FakeEdge, language: str, words: list[str]
) -> None:
    page = open_page(language)
    talk(page, edge)
    seen = []
    for state, name in zip(["listening", "hearing", "thinking", "replying"], words, strict=True):
        edge.push({"type": "state", "state": state})
        expect(page.locator("#state-name")).to_have_text(name)
        icon = page.get_attribute("#orb-icon", "href")
        shape = page.evaluate("getComputedStyle(document.getElementById('orb')).borderRadius")
        seen.append((icon, shape))
    assert len({icon for icon, _ in seen}) == 4
    until(
        lambda: page.evaluate("getComputedStyle(document.getElementById('orb')).borderRadius !== '50%'"),
        what="it in the page",
    )


def test_captions_grow_while_speaking_and_give_way_to_the_turn(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    talk(page, edge)
    expect(page.locator("#caption-words")).to_have_attribute("aria-live", "polite")
    for text in ("The cardamom", "The cardamom bun was"):
        edge.push({"type": "partial", "turn": 1, "text": text})
        expect(page.locator("#caption-words")).to_have_text(text)
    edge.heard("The cardamom bun was lovely.")
    expect(page.locator("#history .said p")).to_have_text("The cardamom bun was lovely.")
    expect(page.locator("#caption")).to_be_hidden()


def test_the_first_words_of_a_reply_are_reported_once_after_the_paint(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    talk(page, edge)
    turn = edge.heard("The bun was lovely.")
    before = page.evaluate("performance.now()")
    for text, final in (("", False), ("What made", False), ("What made the bun", False), (FOLLOW_UP["en"], True)):
        edge.reply(turn, text, final=final)
    expect(page.locator("#question")).to_have_text(FOLLOW_UP["en"])
    shown = edge.last("shown")
    assert shown["turn"] == turn
    assert before <= shown["at_ms"] <= page.evaluate("performance.now()")
    edge.push({"type": "state", "state": "listening"})
    expect(page.locator("#state-name")).to_have_text("I'm listening")
    assert edge.count("shown") == 1


def test_no_sound_is_sent_while_the_edge_replies(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    talk(page, edge)
    edge.push({"type": "state", "state": "replying"})
    expect(page.locator("#state-name")).to_have_text("Answering")
    page.evaluate("new Promise((done) => setTimeout(done, 100))")  # what was under way
    count = len(edge.frames)
    page.evaluate("new Promise((done) => setTimeout(done, 400))")  # ten frames' time
    assert len(edge.frames) == count
    edge.push({"type": "state", "state": "listening"})
    until(lambda: len(edge.frames) > count, what="sound again")


def test_done_ends_the_current_turn_at_once(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    talk(page, edge)
    page.click("#done")
    until(lambda: edge.count("stop") == 1, what="a stop")
    edge.push({"type": "state", "state": "thinking"})
    expect(page.locator("#done")).to_have_attribute("aria-disabled", "true")
    page.locator("#done").dispatch_event("click")
    edge.push({"type": "state", "state": "listening"})
    expect(page.locator("#done")).to_have_attribute("aria-disabled", "false")
    assert edge.count("stop") == 1


def test_an_uncertain_turn_is_marked_and_asked_again_above_the_same_question(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    talk(page, edge)
    turn = edge.heard("Den var varm och salt", low_confidence=True)
    edge.reply(turn, "Kan du säga det igen?", purpose="ask_again")
    expect(page.locator("#remark")).to_have_text("Kan du säga det igen?")
    expect(page.locator("#question")).to_have_text(QUESTION["sv"])
    expect(page.locator(".said.uncertain .tag")).to_have_text("Jag är osäker. Hörde jag rätt?")
    turn = edge.heard("Den var varm och saftig")
    edge.reply(turn, FOLLOW_UP["sv"])
    expect(page.locator("#remark")).to_be_empty()
    expect(page.locator("#question")).to_have_text(FOLLOW_UP["sv"])


def test_a_turn_is_edited_in_its_bubble_and_the_focus_returns(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    write(page)
    turn = answer(page, edge, "Bullen var salt.")
    edge.reply(turn, FOLLOW_UP["sv"])
    page.get_by_role("button", name="Ändra svar 1").click()
    expect(page.get_by_label("Svar 1")).to_be_focused()
    page.get_by_label("Svar 1").fill("Bullen var saftig.")
    page.get_by_role("button", name="Spara").click()
    expect(page.locator("#history .said p")).to_have_text("Bullen var saftig.")
    expect(page.get_by_role("button", name="Ändra svar 1")).to_be_focused()
    assert edge.last("edit") == {"type": "edit", "turn": 1, "text": "Bullen var saftig."}


def test_the_review_strikes_restores_and_sends_only_what_is_left(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    write(page)
    for text in ("The bun was lovely.", "My name is Nobody."):
        edge.reply(answer(page, edge, text), FOLLOW_UP["en"])
    edge.review()
    screen(page, "review")
    expect(page.locator("#review-title")).to_be_focused()
    page.get_by_role("button", name="Remove answer 2").click()
    until(lambda: edge.count("edit") == 1, what="an edit")
    assert edge.last("edit")["text"] == ""
    page.get_by_role("button", name="Remove answer 1").click()
    page.click("#finish")
    expect(page.locator("#review-fault")).to_contain_text("nothing left to send")
    assert edge.count("finish") == 0
    page.get_by_role("button", name="Undo and keep answer 1").click()
    until(lambda: edge.count("edit") == 3, what="the restoring edit")
    assert edge.last("edit") == {"type": "edit", "turn": 1, "text": "The bun was lovely."}
    page.locator("#answer-1").fill("The cardamom bun was lovely.")
    page.click("#finish")  # the change is sent although the field still had the focus
    page.wait_for_url("**/r/token")
    types = edge.types()
    assert types.index("finish") > len(types) - 1 - types[::-1].index("edit")
    assert [turn["text"] for turn in edge.state["turns"]] == ["The cardamom bun was lovely.", ""]


def test_the_customer_changes_between_talking_and_writing_at_any_time(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    talk(page, edge)
    page.click("#to-text")
    expect(page.locator("#answer")).to_be_focused()
    until(lambda: edge.last("mode")["mode"] == "text", what="mode text")
    expect(page.locator("#voice-dock")).to_be_hidden()
    count = len(edge.frames)
    edge.reply(answer(page, edge, "The bun was lovely."), FOLLOW_UP["en"])
    assert len(edge.frames) == count
    page.click("#to-voice")
    screen(page, "microphone")
    expect(page.locator("#microphone-lead")).to_contain_text("Chrome")
    page.click("#allow")
    screen(page, "talk")
    until(lambda: len(edge.frames) > count, what="sound again")


def test_swedish_opens_on_writing_and_offers_voice_as_a_trial_until_it_is_qualified(
    open_page: Open, edge: FakeEdge
) -> None:
    edge.qualified = ("en",)
    page = open_page("sv")
    expect(page.get_by_role("button", name="Prova att prata testversion")).to_be_visible()
    first = page.locator(".tile").evaluate_all("tiles => tiles.sort((a, b) => a.offsetLeft - b.offsetLeft)[0].id")
    assert first == "choose-text"
    page.click("#choose-voice")
    expect(page.locator("#consent-trial")).to_be_visible()


def test_qualified_voice_is_offered_beside_writing(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    expect(page.locator(".tile strong")).to_have_text(["Prata", "Skriv"])
    boxes = [tile.bounding_box() for tile in page.locator(".tile").all()]
    assert boxes[0]["width"] == boxes[1]["width"]
    assert boxes[0]["height"] == boxes[1]["height"]


@pytest.mark.parametrize(("language", "other", "words"), [("sv", "en", "Write"), ("en", "sv", "Skriv")])
def test_one_tap_changes_the_language_within_the_same_session(
    open_page: Open, edge: FakeEdge, language: str, other: str, words: str
) -> None:
    page = open_page(language)
    until(lambda: edge.hellos, what="a hello")
    until(lambda: page.evaluate("sessionStorage.length > 0"), what="it in the page")
    page.click("#language")
    expect(page.locator("html")).to_have_attribute("lang", other)
    expect(page.locator("#choose-text strong")).to_have_text(words)
    until(lambda: len(edge.hellos) == 2, what="the same session's second hello")
    assert edge.hellos[1]["resume"]
    write(page)
    assert edge.last("start")["language"] == other
    expect(page.locator("#question")).to_have_text(QUESTION[other])
    expect(page.locator("#language")).to_be_hidden()


def test_changing_the_language_keeps_other_parameters_of_the_address(open_page: Open, edge: FakeEdge) -> None:
    page = open_page(path="/c/ABC234?simulated=1&lang=sv")
    until(lambda: edge.hellos, what="a hello")
    page.click("#language")
    page.wait_for_url("**/c/ABC234?simulated=1&lang=en")


def test_declining_ends_and_stores_nothing(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    page.click("#choose-text")
    page.click("#decline")
    screen(page, "ended")
    expect(page.locator("#ended-title")).to_have_text("Helt okej")
    assert edge.last("consent")["granted"] is False
    assert page.evaluate("sessionStorage.length") == 0


def test_the_microphone_is_asked_for_only_after_consent(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    page.evaluate(
        "() => { const media = navigator.mediaDevices; const ask = media.getUserMedia.bind(media);"
        " window.asked = 0; media.getUserMedia = (wish) => { window.asked++; return ask(wish); }; }"
    )
    page.click("#choose-voice")
    expect(page.locator("#consent-browser")).to_contain_text("Strax ber Chrome att få använda mikrofonen")
    assert page.evaluate("window.asked") == 0
    page.click("#agree")
    screen(page, "talk")
    assert page.evaluate("window.asked") == 1
    assert edge.types().index("consent") < edge.types().index("microphone")


def test_a_test_session_is_marked_on_the_page_and_in_what_it_sends(open_page: Open, edge: FakeEdge) -> None:
    edge.simulated = True
    page = open_page("sv")
    expect(page.locator(".badge")).to_have_text("Testläge")
    until(lambda: edge.hellos, what="a hello")
    assert edge.hellos[0]["simulated"] is True


def test_hello_describes_the_browser_coarsely(open_page: Open, edge: FakeEdge) -> None:
    agent = (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.4 Mobile/15E148 Safari/604.1"
    )
    page = open_page("sv", user_agent=agent)
    until(lambda: page.evaluate("document.body.dataset.screen === 'welcome'"), what="it in the page")
    assert edge.hellos[0]["client"] == {"browser": "Safari", "os": "iOS", "os_major": "18", "in_app": False}
    assert edge.hellos[0]["v"] == 1
    assert edge.hellos[0]["code"] == "ABC234"


def test_without_scripts_the_page_says_what_to_do(open_page: Open) -> None:
    page = open_page("sv", java_script_enabled=False)
    expect(page.locator(".noscript")).to_contain_text("JavaScript")
    assert not page.locator("#choice").is_visible()


def test_a_receipt_that_is_not_ready_leaves_the_reference_and_the_link(open_page: Open, edge: FakeEdge) -> None:
    edge.receipt_status = 404
    page = open_page("sv")
    write(page)
    edge.reply(answer(page, edge, "Gott kaffe."), THANKS["sv"], purpose="thanks")
    edge.review()
    page.click("#finish")
    screen(page, "done")
    expect(page.locator("#done-lead")).to_contain_text("Kvittot är inte riktigt klart")
    expect(page.locator("#reference")).to_have_text("K7F 3QX")
    expect(page.locator("#receipt")).to_have_attribute("href", re.compile("/r/token$"))
