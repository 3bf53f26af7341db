"""The interviewer's fixed sentences, from `pilot/words/interviewer.*.toml`."""

from __future__ import annotations

from pilot.cafes import Cafe, Language
from pilot.words import say

SECTION = "interviewer"


def opening_question(cafe: Cafe, language: Language) -> str:
    """Return the first question of a talk."""
    return say(SECTION, "opening", language, cafe=cafe.name)


def ask_again(language: Language, *, attempt: int) -> str:
    """Return the request to repeat an unclear answer; `attempt` counts from 1."""
    return say(SECTION, "ask_again.first" if attempt <= 1 else "ask_again.more", language)


def no_speech(language: Language, *, attempt: int) -> str:
    """Return the reply to silence; `attempt` counts from 1."""
    return say(SECTION, "no_speech.first" if attempt <= 1 else "no_speech.more", language)


def thanks(language: Language) -> str:
    """Return the words that end a talk."""
    return say(SECTION, "thanks.plain", language)
