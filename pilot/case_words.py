"""The words for what guests said about a case's subject; no guest used them."""

from __future__ import annotations

from typing import Literal

from pilot.words import section


def said_of(subject: str, language: Literal["sv", "en"]) -> str:
    """Return what guests said about a theme or an urgent matter: "något om kön"."""
    words = section("receipt", language)
    return words.get(f"answer.about.{subject}", words["answer.about.other"])
