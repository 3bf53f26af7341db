"""The colours of charts: light and dark for the pages, print for paper, readable in greyscale."""

from __future__ import annotations

from dataclasses import dataclass


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
# In greyscale content, mixed and discontent guests are dark, light and middle grey.
PRINT = Palette(
    green="#1F5A4C",
    pale="#A9C2B8",
    sand="#EADFCB",
    ink="#2A2320",
    muted="#5A5049",
    grid="#E6DFD5",
    target="#8A4B12",
    good="#1B4B70",
    both="#D9D3CB",
    bad="#C77B45",
)
