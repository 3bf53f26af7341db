"""The charts' colours in the reader's theme, light or dark."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme, as the style sheet has them."""

    green: str
    pale: str
    sand: str
    ink: str
    muted: str
    grid: str
    target: str
    good: str
    both: str
    bad: str


LIGHT = Palette(
    green="#1F5A4C",
    pale="#A9C2B8",
    sand="#EADFCB",
    ink="#2A2320",
    muted="#6A5F57",
    grid="#EEE8DF",
    target="#8A4B12",
    good="#2F6F9F",
    both="#A69E95",
    bad="#B8571B",
)
DARK = Palette(
    green="#7CC4AE",
    pale="#3F6A5E",
    sand="#4A3F30",
    ink="#F0E9E1",
    muted="#B9AEA3",
    grid="#3A332D",
    target="#E0A36A",
    good="#79B4DD",
    both="#8F867D",
    bad="#E8935A",
)


def theme() -> str:
    """Return "dark" or "light": the theme that the reader's browser shows."""
    return "dark" if st.context.theme.type == "dark" else "light"


def palette() -> Palette:
    """Return the colours of the reader's theme."""
    return DARK if theme() == "dark" else LIGHT
