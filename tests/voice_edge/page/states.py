"""Every state of the customer's page as a short script, for accessibility tests and screenshots.

`python -m tests.voice_edge.page.gallery FOLDER` takes a screenshot of each.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.voice_edge.page.fake_edge import FOLLOW_UP, THANKS, FakeEdge, until
from tests.voice_edge.page.phone import answer, screen, talk, write

State = Callable[[Page, FakeEdge, str], None]
SAID = {
    "sv": "Kardemummabullen var nybakad och jättegod, men kön vid disken tog nästan tio minuter.",
    "en": "The cardamom bun was fresh and lovely, but the queue at the counter took almost ten minutes.",
}
MORE = {"sv": "Sätt en till i kassan på morgonen.", "en": "Put one more person at the till in the morning."}
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.4 Mobile/15E148 Safari/604.1"
)
INSTAGRAM = IPHONE.replace("Safari/604.1", "Instagram 350.0")
AGENTS = {"trouble_denied_iphone": IPHONE, "trouble_in_app": INSTAGRAM, "welcome_in_app": INSTAGRAM}
# Settings of the edge before the page is opened.
BEFORE: dict[str, dict[str, object]] = {
    "welcome_trial": {"qualified": (), "simulated": True, "closes_at": "2026-11-23T17:00:00+01:00"},
    "consent_voice": {"device_token": "ask", "qualified": ()},
    "consent_text": {"device_token": "ask"},
    "maintenance": {"refuses": ("maintenance", 4503)},
    "quiet": {"limits": {"idle_seconds": 1}},
    "done": {"receipt_status": 404},
}


def _fails(name: str) -> State:
    def script(page: Page, _edge: FakeEdge, _language: str) -> None:
        page.evaluate(
            "(name) => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', name); }; }",
            name,
        )
        page.click("#choose-voice")
        page.click("#agree")
        screen(page, "trouble")

    return script


def _no_answer(page: Page, _edge: FakeEdge, _language: str) -> None:
    page.clock.install()
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = () => new Promise(() => {}); }")
    page.click("#choose-voice")
    page.click("#agree")
    page.clock.run_for(11_000)
    screen(page, "trouble")


def _in_app(page: Page, _edge: FakeEdge, _language: str) -> None:
    page.evaluate("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    page.click("#choose-voice")
    page.click("#agree")
    screen(page, "trouble")


def _consent(way: str) -> State:
    def script(page: Page, _edge: FakeEdge, _language: str) -> None:
        page.click(f"#choose-{way}")
        screen(page, "consent")

    return script


def _asking(page: Page, _edge: FakeEdge, _language: str) -> None:
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = () => new Promise(() => {}); }")
    page.click("#choose-voice")
    page.click("#agree")
    screen(page, "microphone")


def _talking(state: str, *, partial: bool = False, turns: int = 0) -> State:
    def script(page: Page, edge: FakeEdge, language: str) -> None:
        talk(page, edge)
        for _ in range(turns):
            edge.reply(edge.heard(SAID[language]), FOLLOW_UP[language])
        if partial:
            edge.push({"type": "partial", "turn": 1 + turns, "text": SAID[language][:48]})
        edge.push({"type": "state", "state": state})
        expect(page.locator("#orb")).to_have_attribute("data-look", state)

    return script


def _uncertain(page: Page, edge: FakeEdge, language: str) -> None:
    talk(page, edge)
    again = {"sv": "Jag är inte säker på att jag hörde rätt. Kan du säga det igen?", "en": "Could you say that again?"}
    edge.reply(edge.heard(SAID[language], low_confidence=True), again[language], purpose="ask_again")
    expect(page.locator("#remark")).to_have_text(again[language])


def _paused(page: Page, edge: FakeEdge, language: str) -> None:
    talk(page, edge)
    page.evaluate(
        "() => { Object.defineProperty(document, 'hidden', { value: true });"
        " document.dispatchEvent(new Event('visibilitychange')); }"
    )
    expect(page.locator("#orb")).to_have_attribute("data-look", "paused")


def _offline(page: Page, edge: FakeEdge, language: str) -> None:
    talk(page, edge)
    edge.up = False
    edge.cut()
    expect(page.locator("#orb")).to_have_attribute("data-look", "offline")


def _writing(page: Page, edge: FakeEdge, language: str) -> None:
    write(page)
    edge.reply(answer(page, edge, SAID[language]), FOLLOW_UP[language])
    expect(page.locator("#question")).to_have_text(FOLLOW_UP[language])


def _empty(page: Page, edge: FakeEdge, language: str) -> None:
    write(page)
    page.click("#send")
    expect(page.locator("#answer-fault")).not_to_be_empty()


def _mending(page: Page, edge: FakeEdge, language: str) -> None:
    _writing(page, edge, language)
    page.locator("#history .round").click()


def _busy(page: Page, edge: FakeEdge, language: str) -> None:
    talk(page, edge)
    edge.push({"type": "busy", "retry_after_s": 20})
    expect(page.locator("#text-dock")).to_be_visible()


def _quiet(page: Page, edge: FakeEdge, language: str) -> None:
    write(page)
    expect(page.locator("#quiet")).to_be_visible()


def _reviewing(page: Page, edge: FakeEdge, language: str) -> None:
    _writing(page, edge, language)
    edge.reply(answer(page, edge, MORE[language]), THANKS[language], purpose="thanks")
    edge.review()
    screen(page, "review")


def _struck(page: Page, edge: FakeEdge, language: str) -> None:
    _reviewing(page, edge, language)
    page.locator(".answer .button").first.click()


def _stuck(page: Page, edge: FakeEdge, language: str) -> None:
    talk(page, edge)
    edge.reply(edge.heard(SAID[language]), FOLLOW_UP[language])
    edge.push({"type": "state", "state": "listening"})
    count = len(edge.frames)
    until(lambda: len(edge.frames) > count, what="sound again")
    edge.up = False
    edge.cut()
    expect(page.locator("body")).to_have_attribute("data-screen", "stuck", timeout=15_000)


def _done(page: Page, edge: FakeEdge, language: str) -> None:
    _reviewing(page, edge, language)
    page.click("#finish")
    screen(page, "done")


def _ended(code: int, error: str = "", **fields: object) -> State:
    def script(page: Page, edge: FakeEdge, language: str) -> None:
        write(page)
        if error:
            edge.turn_away(error, code=code, **fields)
        else:
            edge.cut(code)
        screen(page, "ended")

    return script


def _maintenance(page: Page, _edge: FakeEdge, _language: str) -> None:
    expect(page.locator("body")).to_have_attribute("data-screen", "ended", timeout=15_000)


def _nothing(page: Page, _edge: FakeEdge, _language: str) -> None:
    screen(page, "welcome")


STATES: dict[str, State] = {
    "welcome": _nothing,
    "welcome_trial": _nothing,
    "consent_voice": _consent("voice"),
    "consent_text": _consent("text"),
    "asking": _asking,
    "trouble_denied": _fails("NotAllowedError"),
    "trouble_denied_iphone": _fails("NotAllowedError"),
    "trouble_not_found": _fails("NotFoundError"),
    "trouble_in_app": _in_app,
    "trouble_no_answer": _no_answer,
    "welcome_in_app": _nothing,
    "listening": _talking("listening"),
    "hearing": _talking("hearing", partial=True, turns=1),
    "thinking": _talking("thinking", turns=1),
    "replying": _talking("replying", turns=1),
    "uncertain": _uncertain,
    "paused": _paused,
    "offline": _offline,
    "writing": _writing,
    "empty": _empty,
    "mending": _mending,
    "busy": _busy,
    "quiet": _quiet,
    "review": _reviewing,
    "struck": _struck,
    "stuck": _stuck,
    "done": _done,
    "idle": _ended(4408),
    "elsewhere": _ended(4409),
    "closed": _ended(4403, "closed", opens_at="2026-11-24T07:30:00+01:00"),
    "trial_full": _ended(4403, "trial_full"),
    "maintenance": _maintenance,
}


def reach(name: str, page: Page, edge: FakeEdge, language: str) -> None:
    """Bring a new page to a state, and wait until all finite animations have ended."""
    STATES[name](page, edge, language)
    page.evaluate(
        "() => Promise.all(document.getAnimations().filter((each) => each.effect.getTiming().iterations === 1)"
        ".map((each) => each.finished.catch(() => null)))"
    )
