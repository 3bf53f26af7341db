"""Real export formats and reported faults: each file of `tests/data/tills` gives its right count."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pilot.cafes import Cafe, parse_cafes
from pipelines.till.answers import NO_ANSWERS, Answers
from pipelines.till.counting import tally
from pipelines.till.lines import read_export
from pipelines.till.rows import Tally

ROOT = Path(__file__).parents[3]
DATA = ROOT / "tests" / "data" / "tills"
CAFES = parse_cafes((ROOT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
TODAY = date(2026, 11, 27)
TUESDAY = date(2026, 11, 24)
FORMATS: list[dict[str, Any]] = tomllib.loads((DATA / "formats.toml").read_text(encoding="utf-8"))["format"]
FEWEST_FORMATS = 30

# Reported faults: the customers of Café Aurora on 24 November.
CASES = {
    "amount_Att_betala": 2,
    "amount_Belopp_inkl._moms": 2,
    "amount_Gross_sales": 2,
    "daily_tills_diff": 397,
    "outlet": 2,
    "sumup_summer": 2,
    "sv_types": 2,
    "twotills_Device_Name": 6,
    "twotills_Kassanr": 6,
}


def read(path: Path, answers: Answers = NO_ANSWERS, *, cafe: str | None = "aurora") -> Tally:
    export = read_export(path.read_bytes(), name=path.name, answers=answers)
    return tally([export], cafes=CAFES, cafe=cafe, today=TODAY, exclusion_reason=nothing_left_out, answers=answers)


def nothing_left_out(cafe: Cafe, day: date) -> str | None:
    return None


def answers_of(form: dict[str, Any]) -> Answers:
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in form.get("answers", {}).items()}
    return Answers(**given)


@pytest.mark.parametrize("case", CASES)
def test_a_reported_file_gives_its_right_count(case: str) -> None:
    found = read(DATA / "cases" / f"{case}.csv")
    assert (found.faults, found.questions) == ((), ())
    assert found.customers == {("aurora", TUESDAY): CASES[case]}


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form["file"])
def test_an_export_gives_its_right_count_of_each_day_and_till(form: dict[str, Any]) -> None:
    found = read(DATA / "formats" / form["file"], answers_of(form))
    assert (found.faults, found.questions) == ((), ())
    assert {str(day): count for (_, day), count in found.customers.items()} == form["customers"]
    named = form.get("tills", {})
    given = {str(day): dict(tills) for (_, day), tills in found.tills.items() if len(tills) > 1 or str(day) in named}
    assert given == named
    fates = Counter(row.fate for row in found.rows if row.fate != "counted")
    assert fates == form.get("fates", {})


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form["file"])
def test_an_export_asks_only_what_its_table_says(form: dict[str, Any]) -> None:
    found = read(DATA / "formats" / form["file"])
    assert sorted({question.code for question in found.questions}) == sorted(form.get("questions", []))


def test_the_table_names_each_heading_as_documented_or_assumed() -> None:
    assert len(FORMATS) >= FEWEST_FORMATS
    assert {form["file"] for form in FORMATS} == {path.name for path in (DATA / "formats").iterdir()}
    for form in FORMATS:
        body = (DATA / "formats" / form["file"]).read_bytes()
        export = read_export(body, name=form["file"], answers=answers_of(form))
        columns = form["documented"] + form["assumed"]
        assert Counter(heading for heading in export.headings if heading) == Counter(columns), form["file"]
        assert not form["documented"] or form["source"]
