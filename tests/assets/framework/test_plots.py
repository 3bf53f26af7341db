"""Small plots for metadata."""

from __future__ import annotations

import polars as pl

from assets.framework.plots import WIDTH_CHARACTERS, bars, grid


def cells(values: dict[str, float]) -> list[list[str]]:
    lines = str(bars(values, unit="rows").value).splitlines()[2:]
    return [[cell.strip(" ") for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_longest_bar_is_full_and_the_others_are_in_proportion() -> None:
    lines = cells({"queue": 8, "coffee": 4, "wifi": 0})
    assert [name for name, _, _ in lines] == ["queue", "coffee", "wifi"]
    lengths = [bar.count("█") for _, bar, _ in lines]
    assert lengths == [WIDTH_CHARACTERS, WIDTH_CHARACTERS // 2, 0]
    assert [number for _, _, number in lines] == ["8", "4", "0"]


def test_no_values_give_only_a_heading() -> None:
    assert cells({}) == []
    assert cells({"wifi": 0})[0][1].strip("`").strip() == ""


def test_a_grid_has_a_line_for_each_name_and_an_empty_cell_where_there_is_no_row() -> None:
    frame = pl.DataFrame({"kpi": ["a", "a", "b"], "cafe": ["x", "y", "x"], "value": [0.25, None, 2.0]})
    lines = str(grid(frame, down="kpi", across="cafe", shown="value").value).splitlines()
    assert lines == ["| | x | y |", "|---|---|---|", "| a | 0.25 |  |", "| b | 2 |  |"]
