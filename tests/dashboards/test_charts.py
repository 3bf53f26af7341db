"""The charts: the hours shaded are peak hours in which the café is open, and words are the reader's."""

from __future__ import annotations

import json
from datetime import date

import pytest

from dashboards import visit
from dashboards.charts import charts
from dashboards.reading.cafe_day import Hour
from pilot.business_days import at_local
from storage.home import Home
from tests.dashboards.conftest import EVERYONE

MONDAY, SUNDAY, EPIPHANY, CHRISTMAS_DAY = date(2026, 11, 23), date(2026, 11, 22), date(2027, 1, 6), date(2026, 12, 25)


def drawn(home: Home, cafe: str, day: date, *, language: str = "sv") -> dict:
    now = visit.Visit(
        home=home,
        principal=EVERYONE,
        cafes=home.cafes().cafe,
        language=language,
        simulated=False,
        now=at_local(day, charts.time(12)),
    )
    rows = [Hour(hour=hour, completed=1, left=0) for hour in (11, 13)]
    return charts.hours(now, home.cafes().get(cafe), day=day, rows=rows).to_dict()


def shaded(chart: dict) -> list[tuple[float, float]]:
    name = next(layer for layer in chart["layer"] if "opacity" in layer["mark"])["data"]["name"]
    return [(row["start"], row["end"]) for row in chart["datasets"][name]]


@pytest.mark.parametrize(
    ("cafe", "day", "hours"),
    [
        ("aurora", MONDAY, [(7, 9), (12, 14)]),
        ("aurora", SUNDAY, [(12, 14)]),
        ("aurora", EPIPHANY, [(12, 14)]),
        ("aurora", CHRISTMAS_DAY, []),
        ("malmohuset", MONDAY, [(8, 10), (14, 16)]),
        ("malmohuset", SUNDAY, [(9, 10), (14, 16)]),
        ("goteborg", MONDAY, [(7.5, 9.5), (13, 15)]),
        ("goteborg", SUNDAY, [(13, 15)]),
    ],
)
def test_only_peak_hours_in_which_the_cafe_is_open_are_shaded(
    home: Home, cafe: str, day: date, hours: list[tuple[float, float]]
):
    assert shaded(drawn(home, cafe, day)) == hours


@pytest.mark.parametrize("cafe", ["aurora", "malmohuset", "goteborg"])
@pytest.mark.parametrize("day", [MONDAY, SUNDAY, EPIPHANY])
def test_nothing_is_shaded_outside_the_axis(home: Home, cafe: str, day: date):
    chart = drawn(home, cafe, day)
    first, last = chart["layer"][1]["encoding"]["x"]["scale"]["domain"]
    assert all(first <= low < high <= last for low, high in shaded(chart))


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_charts_parts_have_no_english_descriptions_of_their_own(home: Home, language: str):
    chart = drawn(home, "aurora", MONDAY, language=language)
    assert [chart["config"][part]["aria"] for part in ("mark", "axis", "legend")] == [False] * 3
    assert ("Klockslag" in json.dumps(chart, ensure_ascii=False)) == (language == "sv")
