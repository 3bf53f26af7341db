"""Durations as people write them: 300s, 5m, 24h, 30d."""

from __future__ import annotations

import re

import typer

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds(text: str) -> float:
    """Return a duration such as 300s, 5m, 1h, 30d or 90 in seconds.

    Raises:
        typer.BadParameter: the text is no duration.
    """
    read = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)?", text.strip())
    if read is None:
        raise typer.BadParameter(f"{text!r} is no duration; write for example 300s, 5m or 24h.")
    return float(read[1]) * SECONDS[read[2] or "s"]
