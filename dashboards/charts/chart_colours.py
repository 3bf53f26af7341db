"""The charts' colours in the reader's theme, light or dark."""

from __future__ import annotations

import streamlit as st

from reports.charts.palette import DARK, LIGHT, Palette


def theme() -> str:
    """Return "dark" or "light": the theme that the reader's browser shows."""
    return "dark" if st.context.theme.type == "dark" else "light"


def palette() -> Palette:
    """Return the colours of the reader's theme."""
    return DARK if theme() == "dark" else LIGHT
