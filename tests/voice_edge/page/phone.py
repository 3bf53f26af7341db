"""The customer's actions on the page, for the browser tests."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.voice_edge.page.fake_edge import FakeEdge, until


def screen(page: Page, name: str) -> None:
    """Wait until only this screen is shown."""
    expect(page.locator("body")).to_have_attribute("data-screen", name)
    expect(page.locator(".screen:visible")).to_have_count(1)


def write(page: Page) -> None:
    """Proceed to the first question in writing."""
    page.click("#choose-text")
    page.click("#agree")
    screen(page, "talk")


def talk(page: Page, edge: FakeEdge) -> None:
    """Proceed to the first question with the microphone open and sound arriving."""
    page.click("#choose-voice")
    page.click("#agree")
    screen(page, "talk")
    expect(page.locator("#state-name")).to_have_text(
        {"sv": "Jag lyssnar", "en": "I'm listening"}[edge.state["language"]]
    )
    until(lambda: edge.frames, what="frames of sound")


def answer(page: Page, edge: FakeEdge, text: str) -> int:
    """Type an answer and wait until the edge has it."""
    before = edge.count("text")
    page.fill("#answer", text)
    page.click("#send")
    until(lambda: edge.count("text") > before, what="the text at the edge")
    return edge.heard(text, mode="text")
