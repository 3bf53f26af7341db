"""Lost lines, reloads, other tabs and closed doors: what was said stays, and there is always a way on."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from pilot.words import say
from tests.voice_edge.page.fake_edge import FOLLOW_UP, QUESTION, THANKS, FakeEdge, until
from tests.voice_edge.page.phone import answer, screen, talk, write

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def test_a_cut_line_comes_back_with_the_last_snapshot(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    write(page)
    edge.reply(answer(page, edge, "Bullen var god."), FOLLOW_UP["sv"])
    edge.cut()
    until(lambda: len(edge.hellos) == 2, what="a second hello")
    assert '"Bullen var god."' in edge.hellos[1]["resume"]
    expect(page.locator("#question")).to_have_text(FOLLOW_UP["sv"])
    expect(page.locator("#history .said p")).to_have_text("Bullen var god.")
    expect(page.locator("#notice")).to_have_text("Ansluten igen.")


@pytest.mark.parametrize("lost", ["start", "consent", "text", "edit", "finish"])
def test_a_message_lost_with_the_line_is_sent_again_in_its_place(open_page: Open, edge: FakeEdge, lost: str) -> None:
    page = open_page("sv")
    until(lambda: page.evaluate("sessionStorage.length > 0"), what="it in the page")
    edge.silent_after = lost
    page.click("#choose-text")
    page.click("#agree")
    expect(page.locator("#question")).to_have_text(QUESTION["sv"])
    page.fill("#answer", "Bullen var god.")
    page.click("#send")
    until(lambda: edge.count("text") == 1, what="the text, once")
    edge.reply(edge.heard("Bullen var god.", mode="text"), THANKS["sv"], purpose="thanks")
    edge.review()
    screen(page, "review")
    page.locator("#answer-1").fill("Bullen var varm.")
    page.click("#finish")
    page.wait_for_url("**/r/token")
    assert len(edge.hellos) == 2
    assert [edge.count(kind) for kind in ("start", "consent", "text", "edit", "finish")] == [1, 1, 1, 1, 1]
    assert edge.state["turns"][0]["text"] == "Bullen var varm."


def test_sound_recorded_while_the_line_was_down_is_sent_afterwards_with_its_own_times(
    open_page: Open, edge: FakeEdge
) -> None:
    page = open_page("en")
    talk(page, edge)
    edge.up = False
    edge.cut()
    expect(page.locator("#state-name")).to_have_text("Waiting for the network")
    down = page.evaluate("performance.now()")
    before = len(edge.frames)
    until(lambda: page.evaluate(f"performance.now() > {down + 1500}"), what="it in the page")
    edge.up = True
    until(lambda: len(edge.hellos) == 2 and len(edge.frames) > before + 60, what="the sound of the break")
    again = edge.frames[before:]
    numbers = [frame[0] for frame in again]
    assert numbers == list(range(numbers[0], numbers[0] + len(again)))
    times = [frame[1] for frame in again]
    assert any(down + 200 < time < down + 1300 for time in times)
    steps = [later - earlier for earlier, later in pairwise(times)]
    assert all(20 < step < 60 for step in steps)
    expect(page.locator("#state-name")).to_have_text("I'm listening")


def test_a_reload_while_writing_goes_on_where_it_was(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    write(page)
    edge.reply(answer(page, edge, "Bullen var god."), FOLLOW_UP["sv"])
    expect(page.locator("#question")).to_have_text(FOLLOW_UP["sv"])
    page.reload()
    screen(page, "talk")
    expect(page.locator("#question")).to_have_text(FOLLOW_UP["sv"])
    expect(page.locator("#history .said p")).to_have_text("Bullen var god.")
    expect(page.locator("#text-dock")).to_be_visible()
    assert edge.count("start") == 1


def test_a_reload_while_talking_waits_for_a_tap_before_the_microphone(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    talk(page, edge)
    page.reload()
    screen(page, "talk")
    expect(page.locator("#state-name")).to_have_text("Mikrofonen är pausad")
    count = len(edge.frames)
    page.click("#continue")
    expect(page.locator("#state-name")).to_have_text("Jag lyssnar")
    until(lambda: len(edge.frames) > count, what="sound again")


def test_a_reload_at_the_consent_asks_for_it_again(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    page.click("#choose-text")
    until(lambda: edge.count("start") == 1, what="a start")
    until(lambda: page.evaluate("sessionStorage.getItem('talk.ABC234').includes('started')"), what="it in the page")
    page.reload()
    screen(page, "consent")
    page.click("#agree")
    expect(page.locator("#question")).to_have_text(QUESTION["sv"])
    assert edge.count("start") == 1


def test_an_offline_phone_is_told_so_and_goes_on_by_itself(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    write(page)
    page.context.set_offline(True)
    expect(page.locator("#notice")).to_contain_text("Du är offline")
    page.fill("#answer", "Bullen var god.")
    page.click("#send")
    page.context.set_offline(False)
    until(lambda: edge.count("text") == 1, what="the text after the break")
    assert edge.last("text")["text"] == "Bullen var god."


@pytest.mark.parametrize(
    ("code", "how", "action"),
    [
        (4404, "code", None),
        (4408, "idle", "ended.restart"),
        (4409, "elsewhere", "ended.elsewhere_action"),
        (4400, "broken", "ended.restart"),
        (4413, "broken", "ended.restart"),
        (4429, "crowded", "trouble.again"),
        (4503, "maintenance", "trouble.again"),
    ],
)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_each_close_code_has_its_own_words_and_way_on(
    open_page: Open, edge: FakeEdge, code: int, how: str, action: str | None, language: str
) -> None:
    page = open_page(language)
    write(page)
    edge.cut(code)
    screen(page, "ended")
    expect(page.locator("#ended-title")).to_have_text(say("page", f"ended.{how}_title", language))
    expect(page.locator("#ended-title")).to_be_focused()
    if action is None:
        expect(page.locator("#restart")).to_be_hidden()
    else:
        expect(page.locator("#restart")).to_have_text(say("page", action, language))
    assert len(edge.hellos) == 1


def test_the_same_talk_in_another_tab_can_be_taken_back(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    write(page)
    edge.reply(answer(page, edge, "Bullen var god."), FOLLOW_UP["sv"])
    edge.cut(4409)
    page.get_by_role("button", name="Fortsätt här").click()
    screen(page, "talk")
    expect(page.locator("#question")).to_have_text(FOLLOW_UP["sv"])


def test_a_first_screen_left_lying_starts_afresh_when_it_is_used(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    until(lambda: page.evaluate("sessionStorage.length > 0"), what="it in the page")
    edge.cut(4408)
    until(lambda: page.evaluate("sessionStorage.length === 0"), what="it in the page")
    screen(page, "welcome")
    write(page)
    expect(page.locator("#question")).to_have_text(QUESTION["sv"])
    assert len(edge.hellos) == 2
    assert "resume" not in edge.hellos[1]


def test_after_leaving_nothing_of_the_talk_stays_in_the_tab(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    write(page)
    edge.reply(answer(page, edge, "Bullen var god."), THANKS["sv"], purpose="thanks")
    edge.review()
    page.click("#leave")
    screen(page, "ended")
    until(lambda: edge.count("leave") == 1, what="a leave")
    assert page.evaluate("sessionStorage.length") == 0


def test_what_the_edge_says_is_wrong_is_shown_in_its_words_and_the_talk_goes_on(
    open_page: Open, edge: FakeEdge
) -> None:
    page = open_page("sv")
    write(page)
    page.fill("#answer", "Bullen var god.")
    page.click("#send")
    edge.tell({"type": "error", "code": "too_long", "message": "Svaret är för långt.", "retryable": False})
    expect(page.locator("#notice")).to_have_text("Svaret är för långt.")
    expect(page.locator("#send")).to_have_attribute("aria-disabled", "false")
