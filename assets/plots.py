"""Small plots for the metadata of an asset: bars in Markdown, of counts by name; never of words."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg

WIDTH_CHARACTERS = 24
EIGHTHS = " ▏▎▍▌▋▊▉"


def bars(values: Mapping[str, float], *, unit: str) -> dg.MarkdownMetadataValue:
    """Return horizontal bars, one a name, in the mapping's order.

    Args:
        values: By name; names of the contract or of cafés, never a guest's words. Nothing below zero.
        unit: The head of the numbers' column.
    """
    most = max(values.values(), default=0) or 1
    lines = [f"| | | {unit} |", "|---|---|--:|"]
    lines += [f"| {name} | `{_bar(value / most)}` | {value:g} |" for name, value in values.items()]
    return dg.MetadataValue.md("\n".join(lines))


def _bar(share: float) -> str:
    eighths = round(share * WIDTH_CHARACTERS * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (EIGHTHS[rest] if rest else "")).ljust(WIDTH_CHARACTERS)
