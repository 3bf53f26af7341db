"""Lost connections, reloads, other tabs and refusals: answers survive, and a next step is offered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from pilot.words import say
from tests.voice_edge.page.fake_edge import FOLLOW_UP, QUESTION, THANKS, FakeEdge, until
from tests.voice_edge.page.phone import answer, screen, talk, write

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def test_a_cut_connection_resumes_from_the_last_snapshot(open_page: Open, edge: FakeEdge) -> None:
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
def test_a_message_lost_with_the_connection_is_resent_in_order(open_page: Open, edge: FakeEdge, lost: str) -> None:
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


def test_sound_recorded_while_disconnected_is_sent_later_with_its_own_times(open_page: Open, edge: FakeEdge) -> None:
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
    # On a busy machine Chromium's fake microphone skips samples, and the page's clock is corrected, backwards too, once a
    # chunk arrives sooner than those before it; the times then show it.
    assert sum(20 < step < 60 for step in steps) > 0.9 * len(steps)
    expect(page.locator("#state-name")).to_have_text("I'm listening")


def test_a_reload_while_writing_continues_at_the_same_question(open_page: Open, edge: FakeEdge) -> None:
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


def test_an_offline_phone_shows_so_and_reconnects_by_itself(open_page: Open, edge: FakeEdge) -> None:
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
        (4408, "idle", "ended.go_on"),
        (4409, "elsewhere", "ended.go_on"),
        (4400, "broken", "ended.restart"),
        (4413, "broken", "ended.restart"),
        (4429, "crowded", "ended.again"),
    ],
)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_each_close_code_has_its_own_words_and_action(
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


@pytest.mark.parametrize(
    ("error", "code", "how", "action"),
    [
        ("closed", 4403, "closed", None),
        ("paused", 4403, "paused", None),
        ("trial_full", 4403, "full", None),
        ("already_open", 4429, "open", "ended.again"),
        ("too_many", 4429, "crowded", "ended.again"),
        ("total_limit", 4408, "total", "ended.restart"),
        ("erased", 1000, "erased", "ended.restart"),
    ],
)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_each_refusal_has_its_own_words_and_no_automatic_retry(
    open_page: Open, edge: FakeEdge, error: str, code: int, how: str, action: str | None, language: str
) -> None:
    page = open_page(language)
    write(page)
    edge.turn_away(error, code=code)
    screen(page, "ended")
    expect(page.locator("#ended-title")).to_have_text(say("page", f"ended.{how}_title", language))
    expect(page.locator("#ended-title")).to_be_focused()
    if action is None:
        expect(page.locator("#restart")).to_be_hidden()
    else:
        expect(page.locator("#restart")).to_have_text(say("page", action, language))
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#notice")).to_be_empty()
    assert len(edge.hellos) == 1


@pytest.mark.parametrize(
    ("now", "sv", "en"),
    [
        ("2026-11-24T05:00:00+01:00", "i dag klockan 07.30", "today at 07:30"),
        ("2026-11-23T23:30:00+01:00", "i morgon klockan 07.30", "tomorrow at 07:30"),
        ("2026-11-21T20:00:00+01:00", "om 3 dagar klockan 07.30", "in 3 days at 07:30"),
        ("2026-11-02T20:00:00+01:00", "om 22 dagar klockan 07.30", "in 22 days at 07:30"),
    ],
)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_closed_cafe_says_when_it_opens(
    open_page: Open, edge: FakeEdge, language: str, now: str, sv: str, en: str
) -> None:
    page = open_page(language)
    page.clock.set_fixed_time(datetime.fromisoformat(now))
    write(page)
    edge.turn_away("closed", code=4403, opens_at="2026-11-24T07:30:00+01:00")
    says = f"Välkommen tillbaka {sv}." if language == "sv" else f"Welcome back {en}."
    expect(page.locator("#ended-lead")).to_contain_text(says)


def test_maintenance_is_shown_and_retried_with_growing_pauses(open_page: Open, edge: FakeEdge) -> None:
    edge.refuses = ("maintenance", 4503)
    page = open_page("sv")
    screen(page, "ended")
    expect(page.locator("#ended-title")).to_have_text(say("page", "ended.maintenance_title", "sv"))
    assert edge.sockets == 3
    edge.refuses = None
    page.get_by_role("button", name="Försök igen").click()
    screen(page, "welcome")


def test_an_idle_customer_can_continue_at_the_same_question(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    write(page)
    edge.reply(answer(page, edge, "Bullen var god."), FOLLOW_UP["sv"])
    edge.cut(4408)
    page.get_by_role("button", name="Fortsätt här").click()
    screen(page, "talk")
    expect(page.locator("#question")).to_have_text(FOLLOW_UP["sv"])


def test_the_page_asks_a_silent_customer_before_the_idle_limit(open_page: Open, edge: FakeEdge) -> None:
    edge.limits = {"idle_seconds": 2}
    page = open_page("sv")
    write(page)
    before = edge.count("mode")  # One already if the page was quicker than its connection.
    expect(page.locator("#quiet")).to_be_visible()
    expect(page.locator("#quiet")).to_have_attribute("role", "alert")
    assert edge.count("mode") == before
    page.click("#here")
    until(lambda: edge.count("mode") == before + 1, what="a sign of life")
    expect(page.locator("#quiet")).to_be_hidden()


def test_a_phone_is_remembered_only_if_that_was_ticked(open_page: Open, edge: FakeEdge) -> None:
    edge.device_token = "ask"
    page = open_page("sv")
    page.click("#choose-text")
    expect(page.locator("#remember-me")).not_to_be_checked()
    page.check("#remember-me")
    page.click("#agree")
    assert edge.last("consent")["scope"] == ["transcript", "device_token"]
    until(lambda: page.evaluate("localStorage.getItem('device')"), what="the token in the page")
    page.evaluate("sessionStorage.clear()")
    page.reload()
    until(lambda: len(edge.hellos) == 2, what="a second hello")
    assert edge.hellos[1]["device_token"] == "a-token"


def test_an_expired_token_is_not_sent_and_the_box_shows_only_if_asked(open_page: Open, edge: FakeEdge) -> None:
    edge.device_token = "off"
    page = open_page("sv")
    page.evaluate(
        "localStorage.setItem('device', JSON.stringify({ token: 'old', expires_at: '2026-01-01T00:00:00Z' }))"
    )
    page.evaluate("sessionStorage.clear()")
    page.reload()
    until(lambda: len(edge.hellos) == 2, what="a second hello")
    assert "device_token" not in edge.hellos[1]
    page.click("#choose-text")
    expect(page.locator("#remember")).to_be_hidden()
    page.click("#agree")
    assert edge.last("consent")["scope"] == ["transcript"]


# Three connections that failed


def lose_the_line(page: Page, edge: FakeEdge) -> None:
    """Cut the connection and fail every further one until the page offers to hand in the rest."""
    edge.up = False
    edge.cut()
    expect(page.locator("body")).to_have_attribute("data-screen", "stuck", timeout=15_000)


def test_after_three_failures_written_answers_can_be_handed_in(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    write(page)
    edge.reply(answer(page, edge, "Bullen var god."), FOLLOW_UP["sv"])
    edge.silent_after = "text"
    edge.up = False
    page.fill("#answer", "Kön var lång.")
    page.click("#send")
    expect(page.locator("body")).to_have_attribute("data-screen", "stuck", timeout=15_000)
    expect(page.locator("#stuck-said li")).to_have_text(["Bullen var god.", "Kön var lång."])
    expect(page.locator("#stuck-title")).to_be_focused()
    page.click("#hand-in")
    page.wait_for_url("**/r/token")
    [(headers, body)] = edge.rests
    assert headers["content-type"] == "text/plain;charset=utf-8"
    assert '"Bullen var god."' in headers["x-pilot-resume"]
    assert body.decode() == "Kön var lång."


def test_after_three_failures_unsent_sound_can_be_handed_in(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    talk(page, edge)
    lose_the_line(page, edge)
    expect(page.locator("#stuck-said li")).to_contain_text("What you said last")
    page.click("#hand-in")
    page.wait_for_url("**/r/token")
    [(headers, body)] = edge.rests
    assert headers["content-type"] == "audio/L16;rate=16000"
    sent = b"".join(frame[2] for frame in edge.frames)
    assert len(body) % 1280 == 0
    assert body.startswith(sent[:1280])
    assert len(body) > len(sent)


def test_feedback_finished_on_a_dead_connection_is_handed_in_without_a_tap(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    write(page)
    edge.reply(answer(page, edge, "Bullen var god."), THANKS["sv"], purpose="thanks")
    edge.review()
    screen(page, "review")
    edge.silent_after = "finish"
    edge.up = False
    page.click("#finish")
    page.wait_for_url("**/r/token", timeout=20_000)
    assert [body for _, body in edge.rests] == [b""]


def test_a_late_reconnection_continues_the_talk(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    write(page)
    edge.reply(answer(page, edge, "Bullen var god."), FOLLOW_UP["sv"])
    lose_the_line(page, edge)
    edge.up = True
    expect(page.locator("body")).to_have_attribute("data-screen", "talk", timeout=15_000)
    expect(page.locator("#question")).to_have_text(FOLLOW_UP["sv"])
    assert edge.rests == []


def test_a_failed_hand_in_shows_why_and_can_be_retried(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    write(page)
    edge.reply(answer(page, edge, "Bullen var god."), FOLLOW_UP["sv"])
    edge.rest_status = 503
    lose_the_line(page, edge)
    page.click("#hand-in")
    expect(page.locator("#stuck-fault")).to_have_text("Det går inte just nu.")
    edge.rest_status = 200
    page.click("#hand-in")
    page.wait_for_url("**/r/token")


def test_nothing_is_handed_in_while_a_struck_answer_is_unsent(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    write(page)
    edge.reply(answer(page, edge, "Anna var otrevlig."), THANKS["sv"], purpose="thanks")
    edge.review()
    edge.silent_after = "edit"
    edge.up = False
    page.locator(".answer .button").first.click()
    expect(page.locator("body")).to_have_attribute("data-screen", "stuck", timeout=15_000)
    expect(page.locator("#hand-in")).to_be_hidden()


def test_the_same_talk_in_another_tab_can_be_taken_back(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    write(page)
    edge.reply(answer(page, edge, "Bullen var god."), FOLLOW_UP["sv"])
    edge.cut(4409)
    page.get_by_role("button", name="Fortsätt här").click()
    screen(page, "talk")
    expect(page.locator("#question")).to_have_text(FOLLOW_UP["sv"])


def test_an_idle_first_screen_reconnects_when_it_is_used(open_page: Open, edge: FakeEdge) -> None:
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


def test_an_error_of_the_edge_is_shown_in_its_words_and_the_talk_continues(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    write(page)
    page.fill("#answer", "Bullen var god.")
    page.click("#send")
    edge.push({"type": "error", "code": "too_long", "message": "Svaret är för långt.", "retryable": False})
    expect(page.locator("#notice")).to_have_text("Svaret är för långt.")
    expect(page.locator("#send")).to_have_attribute("aria-disabled", "false")
