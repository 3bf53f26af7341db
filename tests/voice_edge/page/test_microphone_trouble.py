"""Every failure of the microphone has its own words, the browser's instructions, and offers writing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from pilot.words import say
from tests.voice_edge.page.fake_edge import QUESTION, FakeEdge, until
from tests.voice_edge.page.phone import screen, talk

pytestmark = pytest.mark.browser
Open = Callable[..., Page]

SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.4 Mobile/15E148 Safari/604.1"
)
FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0"
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) {} Safari/537.36"
INSTAGRAM = SAFARI.replace("Safari/604.1", "Instagram 350.0")

FAILS = "() => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', '%s'); }; }"


def ask(page: Page) -> None:
    page.click("#choose-voice")
    page.click("#agree")


def continues_in_writing(page: Page, edge: FakeEdge, result: str) -> None:
    """Assert that the edge got the result and one tap leads to the question in writing."""
    assert edge.last("microphone")["result"] == result
    page.click("#trouble-text")
    screen(page, "talk")
    expect(page.locator("#answer")).to_be_focused()
    expect(page.locator("#question")).to_have_text(QUESTION[edge.state["language"]])
    until(lambda: edge.last("mode")["mode"] == "text", what="mode text")


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("NotAllowedError", "denied"),
        ("NotFoundError", "not_found"),
        ("NotReadableError", "not_readable"),
        ("TypeError", "error"),
    ],
)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_each_error_of_the_browser_has_its_own_words(
    open_page: Open, edge: FakeEdge, name: str, result: str, language: str
) -> None:
    page = open_page(language)
    page.evaluate(FAILS % name)
    ask(page)
    screen(page, "trouble")
    expect(page.locator("#trouble-title")).to_have_text(say("page", f"trouble.{result}_title", language))
    expect(page.locator("#trouble-title")).to_be_focused()
    expect(page.locator("#trouble-lead")).to_have_text(say("page", f"trouble.{result}", language))
    continues_in_writing(page, edge, result)


def test_a_real_browser_that_blocks_the_microphone_is_recognised(
    open_page: Open, edge: FakeEdge, launch: Callable[..., Browser]
) -> None:
    page = open_page("sv", using=launch("--use-fake-device-for-media-stream", "--deny-permission-prompts"))
    ask(page)
    screen(page, "trouble")
    continues_in_writing(page, edge, "denied")


def test_a_real_browser_without_a_microphone_is_recognised(
    open_page: Open, edge: FakeEdge, launch: Callable[..., Browser]
) -> None:
    page = open_page("sv", using=launch("--use-fake-ui-for-media-stream"))
    ask(page)
    screen(page, "trouble")
    continues_in_writing(page, edge, "not_found")


@pytest.mark.parametrize(
    ("agent", "steps", "named"),
    [
        (SAFARI, "safari", "Safari"),
        (SAFARI.replace("Version/18.4", "CriOS/144.0"), "ios", "Chrome"),
        (ANDROID.format("Chrome/144.0 Mobile"), "chrome", "Chrome"),
        (ANDROID.format("SamsungBrowser/28.0 Chrome/130.0 Mobile"), "samsung", "Samsung Internet"),
        (FIREFOX, "firefox", "Firefox"),
        (INSTAGRAM, "in_app", "Safari"),
        (None, "desktop", "Chrome"),
    ],
)
def test_the_help_fits_the_browser(open_page: Open, edge: FakeEdge, agent: str | None, steps: str, named: str) -> None:
    page = open_page("sv", **({"user_agent": agent} if agent else {}))
    page.evaluate(FAILS % "NotAllowedError")
    ask(page)
    lines = say("page", f"trouble.how_{steps}", "sv", browser=named).strip().split("\n")
    expect(page.locator("#trouble-steps li")).to_have_text(lines)
    expect(page.locator("#trouble-copy")).to_be_visible(visible=steps == "in_app")
    expect(page.locator("#trouble-text")).to_be_visible()


@pytest.mark.parametrize(
    ("agent", "steps"),
    [
        (SAFARI, "safari"),
        (SAFARI.replace("Version/18.4", "CriOS/144.0"), "ios"),
        (ANDROID.format("Chrome/144.0 Mobile"), "chrome"),
        (ANDROID.format("SamsungBrowser/28.0 Chrome/130.0 Mobile"), "samsung"),
        (FIREFOX, "firefox"),
        (INSTAGRAM, "in_app"),
        (None, "desktop"),
    ],
)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_steps_have_a_picture_that_is_fetched_only_when_the_help_opens(
    open_page: Open, edge: FakeEdge, agent: str | None, steps: str, language: str
) -> None:
    page = open_page(language, **({"user_agent": agent} if agent else {}))
    fetched: list[str] = []
    page.on("request", lambda each: fetched.append(each.url))
    page.evaluate(FAILS % "NotAllowedError")
    assert page.evaluate("performance.getEntriesByType('resource').filter((each) => each.name.includes('help-'))") == []
    ask(page)
    picture = page.locator("#trouble-picture")
    expect(picture).to_be_visible()
    expect(picture).to_have_attribute("alt", say("page", f"trouble.picture_{steps}", language))
    until(lambda: picture.evaluate("(each) => each.complete && each.naturalWidth") == 344, what="the picture")
    pictures = [each for each in fetched if "help-" in each and each.endswith(".svg")]
    assert len(pictures) == 1
    assert pictures[0].endswith(f"/help-{steps}.svg")
    assert pictures[0].startswith(page.url.split("/c/")[0])


def test_a_missing_microphone_shows_no_picture(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    fetched: list[str] = []
    page.on("request", lambda each: fetched.append(each.url))
    page.evaluate(FAILS % "NotFoundError")
    ask(page)
    screen(page, "trouble")
    expect(page.locator("#trouble-picture")).to_be_hidden()
    assert [each for each in fetched if "help-" in each] == []


def test_an_insecure_address_is_recognised_and_offers_no_retry(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    page.evaluate("Object.defineProperty(window, 'isSecureContext', { value: false })")
    ask(page)
    expect(page.locator("#trouble-title")).to_have_text("The connection is not secure")
    expect(page.locator("#trouble-again")).to_be_hidden()
    continues_in_writing(page, edge, "insecure")


def test_a_browser_without_media_devices_is_recognised(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    page.evaluate("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    ask(page)
    expect(page.locator("#trouble-title")).to_have_text("This browser does not support voice")
    continues_in_writing(page, edge, "unsupported")


SILENT_STREAM = """() => {
  window.contexts = 0;
  const Real = window.AudioContext;
  window.AudioContext = class extends Real { constructor(...given) { super(...given); window.contexts++; } };
  navigator.mediaDevices.getUserMedia = async () => new Real().createMediaStreamDestination().stream;
}"""


def test_a_microphone_with_only_zeros_is_rebuilt_once_before_writing_is_offered(
    open_page: Open, edge: FakeEdge
) -> None:
    page = open_page("sv")
    page.evaluate(SILENT_STREAM)
    ask(page)
    screen(page, "trouble")
    expect(page.locator("#trouble-title")).to_have_text("Det hörs inget ljud")
    assert page.evaluate("window.contexts") == 2
    assert edge.frames == []
    continues_in_writing(page, edge, "silent")


def test_trying_again_after_allowing_opens_the_microphone(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    page.evaluate(
        "() => { const media = navigator.mediaDevices; const real = media.getUserMedia.bind(media); let first = true;"
        " media.getUserMedia = (wish) => { if (!first) return real(wish); first = false;"
        " throw new DOMException('no', 'NotAllowedError'); }; }"
    )
    ask(page)
    screen(page, "trouble")
    page.click("#trouble-again")
    screen(page, "talk")
    until(lambda: edge.frames, what="sound")
    assert [each["result"] for each in edge.reached if each["type"] == "microphone"] == ["denied", "granted"]


def test_a_page_hidden_by_the_permission_dialog_keeps_waiting(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    page.evaluate(
        "() => { const media = navigator.mediaDevices; const real = media.getUserMedia.bind(media);"
        " media.getUserMedia = (wish) => new Promise((done) => { window.allow = () => done(real(wish)); }); }"
    )
    ask(page)
    expect(page.locator("#microphone-title")).to_have_text("Waiting for your answer")
    for state in ("hidden", "visible"):
        page.evaluate(
            f"() => {{ Object.defineProperty(document, 'visibilityState', {{ value: '{state}', configurable: true }});"
            " document.dispatchEvent(new Event('visibilitychange')); }"
        )
    expect(page.locator("#microphone-title")).to_have_text("Waiting for your answer")
    page.evaluate("window.allow()")
    screen(page, "talk")
    until(lambda: edge.frames, what="sound")


def test_writing_instead_while_the_dialog_is_open_leaves_the_microphone_off(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    page.evaluate(
        "() => { const media = navigator.mediaDevices; const real = media.getUserMedia.bind(media);"
        " media.getUserMedia = (wish) => new Promise((done) => {"
        " window.allow = async () => { window.stream = await real(wish); done(window.stream); }; }); }"
    )
    ask(page)
    screen(page, "microphone")
    page.click("#microphone-text")
    screen(page, "talk")
    page.evaluate("window.allow()")
    until(lambda: page.evaluate("window.stream?.getAudioTracks()[0].readyState === 'ended'"), what="the track's end")
    expect(page.locator("#text-dock")).to_be_visible()
    screen(page, "talk")
    assert edge.frames == []
    assert edge.count("microphone") == 0


def test_a_call_that_takes_the_microphone_pauses_until_a_tap(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    page.evaluate(
        "() => { const media = navigator.mediaDevices; const real = media.getUserMedia.bind(media);"
        " media.getUserMedia = async (wish) => window.stream = await real(wish); }"
    )
    talk(page, edge)
    page.evaluate("window.stream.getAudioTracks()[0].dispatchEvent(new Event('ended'))")
    expect(page.locator("#state-name")).to_have_text("Mikrofonen är pausad")
    expect(page.locator("#notice")).to_contain_text("Mikrofonen pausades")
    count = len(edge.frames)
    page.click("#continue")
    expect(page.locator("#state-name")).to_have_text("Jag lyssnar")
    until(lambda: len(edge.frames) > count, what="sound again")


def test_a_hidden_page_stops_listening_and_ends_the_turn(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    page.evaluate(
        "() => { const media = navigator.mediaDevices; const real = media.getUserMedia.bind(media);"
        " media.getUserMedia = async (wish) => window.stream = await real(wish); }"
    )
    talk(page, edge)
    edge.push({"type": "state", "state": "hearing"})
    expect(page.locator("#state-name")).to_have_text("Jag hör dig")
    page.evaluate(
        "() => { Object.defineProperty(document, 'hidden', { value: true, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')); }"
    )
    assert page.evaluate("window.stream.getAudioTracks()[0].readyState") == "ended"
    until(lambda: edge.count("stop") == 1, what="the end of the turn")
    page.evaluate(
        "() => { Object.defineProperty(document, 'hidden', { value: false, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')); }"
    )
    expect(page.locator("#state-name")).to_have_text("Mikrofonen är pausad")
    count = len(edge.frames)
    page.click("#continue")
    until(lambda: len(edge.frames) > count, what="sound again")


def test_in_another_app_writing_comes_first_and_the_address_can_be_copied(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv", user_agent=INSTAGRAM, permissions=["clipboard-read", "clipboard-write"])
    page.evaluate("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    edge.cut()
    until(lambda: len(edge.hellos) == 2, what="a second welcome")
    expect(page.locator("#choice")).to_contain_class("text-first")
    ask(page)
    page.click("#trouble-copy")
    expect(page.locator("#trouble-copy")).to_have_text("Adressen är kopierad")
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    continues_in_writing(page, edge, "unsupported")


def test_a_busy_recogniser_switches_to_writing_with_a_retry_time(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    talk(page, edge)
    edge.push({"type": "busy", "retry_after_s": 20})
    expect(page.locator("#notice")).to_contain_text("om 20 sekunder")
    expect(page.locator("#text-dock")).to_be_visible()
    until(lambda: edge.last("mode")["mode"] == "text", what="mode text")


def test_a_microphone_request_that_never_settles_is_noticed_in_ten_seconds(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv", user_agent=INSTAGRAM)
    page.clock.install()
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = () => new Promise(() => {}); }")
    ask(page)
    page.clock.run_for(9_000)
    screen(page, "microphone")
    page.clock.run_for(1_100)
    screen(page, "trouble")
    expect(page.locator("#trouble-title")).to_have_text("Webbläsaren svarar inte")
    expect(page.locator("#trouble-steps")).to_contain_text("Öppna i Safari")
    continues_in_writing(page, edge, "no_answer")


def test_sound_setup_that_never_settles_is_noticed_too(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("en")
    page.clock.install()
    page.evaluate("() => { AudioWorklet.prototype.addModule = () => new Promise(() => {}); }")
    ask(page)
    page.clock.run_for(1_000)
    screen(page, "microphone")
    page.clock.run_for(10_000)
    expect(page.locator("#trouble-title")).to_have_text("The browser does not answer")
    continues_in_writing(page, edge, "no_answer")


def test_a_late_permission_still_opens_the_microphone(open_page: Open, edge: FakeEdge) -> None:
    page = open_page("sv")
    page.clock.install()
    page.evaluate(
        "() => { const media = navigator.mediaDevices; const real = media.getUserMedia.bind(media);"
        " media.getUserMedia = (wish) => new Promise((done) => { window.allow = () => done(real(wish)); }); }"
    )
    ask(page)
    page.clock.run_for(15_000)
    screen(page, "trouble")
    page.clock.resume()
    page.evaluate("window.allow()")
    screen(page, "talk")
    until(lambda: edge.frames, what="sound")
    assert [each["result"] for each in edge.reached if each["type"] == "microphone"] == ["no_answer", "granted"]


@pytest.mark.parametrize(
    ("agent", "app", "instead"),
    [
        (INSTAGRAM, "Instagram", "Safari"),
        (INSTAGRAM.replace("Instagram 350.0", "[FBAN/FBIOS;FBAV/500.0]"), "Facebook", "Safari"),
        (INSTAGRAM.replace("Instagram 350.0", "musical_ly_38.0.0 BytedanceWebview/d8a21c6"), "TikTok", "Safari"),
        (ANDROID.format("Version/4.0 Chrome/144.0 Mobile") + " [FB_IAB/FB4A;FBAV/500.0]", "Facebook", "Chrome"),
    ],
)
def test_inside_an_app_the_page_names_the_browser_to_open_and_offers_writing_first(
    open_page: Open, edge: FakeEdge, agent: str, app: str, instead: str
) -> None:
    page = open_page("sv", user_agent=agent)
    expect(page.locator("#in-app")).to_have_text(say("page", "voice.in_app", "sv", app=app, browser=instead))
    assert page.locator("#choice button").first.get_attribute("id") == "choose-text"
