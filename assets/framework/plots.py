"""Small plots in Markdown for asset metadata: bars and grids of figures, never of guests' words."""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg
import polars as pl

WIDTH_CHARACTERS = 24
EIGHTHS = " ▏▎▍▌▋▊▉"


def bars(values: Mapping[str, float], *, unit: str) -> dg.MarkdownMetadataValue:
    """Return horizontal bars, one for each name, in the mapping's order.

    Args:
        values: Values by name, zero or more; names must not be guests' words.
        unit: The heading of the numbers' column.
    """
    most = max(values.values(), default=0) or 1
    lines = [f"| | | {unit} |", "|---|---|--:|"]
    lines += [f"| {name} | `{_bar(value / most)}` | {value:g} |" for name, value in values.items()]
    return dg.MetadataValue.md("\n".join(lines))


def grid(frame: pl.DataFrame, *, down: str, across: str, shown: str) -> dg.MarkdownMetadataValue:
    """Return one column of a frame as a table, one cell for each row of the frame.

    Args:
        frame: At most one row for each pair of names.
        down: The column with the lines' names.
        across: The column with the columns' names.
        shown: The column with the cells' values; it must hold no guest's words.
    """
    cells = {(line, head): value for line, head, value in frame.select(down, across, shown).iter_rows()}
    heads = list(dict.fromkeys(frame[across]))
    lines = [f"| | {' | '.join(map(str, heads))} |", f"|---|{'---|' * len(heads)}"]
    lines += [
        f"| {name} | {' | '.join(_cell(cells.get((name, head))) for head in heads)} |"
        for name in dict.fromkeys(frame[down])
    ]
    return dg.MetadataValue.md("\n".join(lines))


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _bar(share: float) -> str:
    eighths = round(share * WIDTH_CHARACTERS * 8)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (EIGHTHS[rest] if rest else "")).ljust(WIDTH_CHARACTERS)
