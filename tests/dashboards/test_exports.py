"""Files of what a page shows: no spreadsheet runs a text, and charts need no network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import altair as alt
import pandas as pd
import pytest

from dashboards import signed_in
from dashboards.actions.exports import chart_pdf, chart_png
from dashboards.signed_in import AccessChanged, confirm, signed_later
from pilot.safe_csv import BYTE_ORDER_MARK, csv_file
from reports.charts import specifications
from reports.charts.palette import DARK, LIGHT, PRINT, Palette
from reports.charts.specifications import Style
from storage.home import Home
from storage.store.access import accounts
from tests.dashboards.conftest import sign_in

CHART = alt.Chart(pd.DataFrame([{"day": "23 nov.", "count": 3}])).mark_bar().encode(x="day:N", y="count:Q")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1+2", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1", "\r=1", " =1", "\n=1"]
)
def test_a_text_that_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    cell = csv_file(["Svar"], [[text]]).decode("utf-8").removeprefix(BYTE_ORDER_MARK).splitlines()[1]
    assert cell.lstrip('"').startswith("'")


def test_swedish_letters_and_numbers_stay_as_they_are() -> None:
    assert csv_file(["Tema"], [["kö", -3]]).decode("utf-8") == f"{BYTE_ORDER_MARK}Tema\r\nkö,-3\r\n"


def test_a_chart_becomes_a_png_and_a_pdf() -> None:
    assert chart_png(CHART).startswith(b"\x89PNG")
    assert chart_pdf(CHART).startswith(b"%PDF")


@pytest.mark.parametrize("made", [chart_png, chart_pdf])
def test_a_chart_of_a_dark_page_is_the_same_file_as_that_of_a_light_one(made: Callable[[Any], bytes]) -> None:
    days = [date(2026, 11, 23), date(2026, 11, 24)]
    by_day = {day: {"positive": 4, "mixed": 1, "negative": 2, "neutral": 3} for day in days}

    def drawn(colours: Palette) -> Any:
        return specifications.satisfaction(Style(colours, "sv", lambda key, **_: key), by_day, days=days)

    assert made(drawn(DARK)) == made(drawn(LIGHT)) != made(drawn(PRINT))


def test_a_chart_fetches_nothing() -> None:
    with pytest.raises(ValueError, match=r"(?i)url|denied|allowed"):
        chart_png(alt.Chart("http://127.0.0.1:9/data.json").mark_bar())


def test_a_file_made_after_its_page_is_of_the_sign_in_that_drew_the_button(home: Home, monkeypatch) -> None:
    token = sign_in(home, role="manager", cafes=("aurora",))
    monkeypatch.setattr(signed_in, "token_in", lambda cookies: token)
    reader = signed_in.principal(home)
    assert reader is not None
    made = signed_later(lambda: confirm(home, reader) or "file")
    monkeypatch.setattr(signed_in, "token_in", lambda cookies: "")  # Streamlit's thread knows no connection.
    assert made() == "file"
    with pytest.raises(AccessChanged):
        confirm(home, reader)
    accounts.revoke(home.store(), email=reader.email, actor="test", reason="left")
    with pytest.raises(AccessChanged):
        made()
