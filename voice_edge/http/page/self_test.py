"""The page on which a barista tests a code, the network and the microphone; it records nothing."""

from __future__ import annotations

from pilot.cafes import Cafe, Language
from pilot.words import section
from voice_edge.http.rendering import fill_placeholders, render

CHECKS = ("network", "code", "socket")
_SCRIPT_SECTIONS = ("network.", "code.", "socket.", "mic.")


def self_test_page(*, cafe: Cafe, code: str, language: Language) -> str:
    """Return the page.

    Args:
        cafe: The café that the code belongs to.
        code: The short code in the address.
        language: The language to open in.
    """
    words = fill_placeholders(section("selftest", language), {"cafe": cafe.name, "code": code})
    # The microphone's faults and their remedies are the guests' own, so that the two never differ.
    faults = {
        key: text
        for key, text in section("page", language).items()
        if key == "microphone.browser" or key.startswith(("trouble.how_", "trouble.copy", "trouble.copied"))
        or (key.startswith("trouble.") and key.endswith("_title"))
    }  # fmt: skip
    script_words = {key: text for key, text in words.items() if key.startswith(_SCRIPT_SECTIONS) or key == "wait"}
    boot = {"code": code, "language": language, "words": script_words | faults}
    return render("self_test", language=language, cafe=cafe, code=code, t=words, checks=CHECKS, boot=boot)
