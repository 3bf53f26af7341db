"""The language of Streamlit's frame: the page's `lang`, and words that Streamlit has in English only."""

from __future__ import annotations

import json
from pathlib import Path

import streamlit as st

from pilot.formatting import Language
from pilot.words import LANGUAGES, section

SCRIPT = (Path(__file__).parent / "page_chrome.js").read_text(encoding="utf-8")
PREFIX = "streamlit."


def draw_chrome(language: Language, *, version: str) -> None:
    """Translate the frame from then on, and reload the page once the access has another version.

    `streamlit.*` of the English words are Streamlit's own.
    """
    wanted = section("dashboards", language)
    words = {
        section("dashboards", other)[key]: word
        for other in LANGUAGES
        if other != language
        for key, word in wanted.items()
        if key.startswith(PREFIX)
    }
    given = json.dumps(
        {"language": language, "words": words, "version": version, "menu": wanted["nav.pages"]}, ensure_ascii=False
    ).replace("<", "\\u003c")
    st.html(f"<script>window.pages = {given};\n{SCRIPT}</script>", unsafe_allow_javascript=True)
