"""The report over very many cafés: distributions, few names, and every café in the file of data."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from benchmarks.many_cafes_home import open_large_home
from benchmarks.report.many_cafes_month import fill_month
from pilot.safe_csv import BYTE_ORDER_MARK
from reports.document.blocks import Chart, Table, Text
from reports.document.document import document_of
from reports.files import save_report
from reports.many_cafes import DATA_FILE, MOST_NAMED
from reports.model import Figures, build_figures
from reports.scope import find_scope
from reports.typesetting.pdf import pictures_of
from storage.home import Home

CAFES, DAYS, LAST = 60, 5, date(2026, 11, 27)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PILOT_HOME", "")
        patch.setenv("PILOT_CAFES_FILE", "")
        opened = open_large_home(tmp_path_factory.mktemp("many"), cafes=CAFES)
    fill_month(opened, last=LAST, days=DAYS)
    return opened


@pytest.fixture(scope="module")
def figures(home: Home) -> Figures:
    return build_figures(home, find_scope(home, period="30-days"))


def rows(figures: Figures) -> list[dict[str, str]]:
    assert figures.data_file is not None
    return list(csv.DictReader(io.StringIO(figures.data_file.decode().removeprefix(BYTE_ORDER_MARK))))


def test_every_cafe_has_a_row_whose_sums_are_those_of_the_report(figures: Figures) -> None:
    found = rows(figures)
    assert len(found) == len({row["cafe"] for row in found}) == CAFES
    assert {row["data"] for row in found} == {"simulated"}
    for name in ("started", "completed", "useful"):
        assert sum(int(row[name]) for row in found) == sum(day[name] for day in figures.model["days"]) > 0
    assert sum(int(row["granted_ore"]) for row in found) == figures.model["rewards"]["granted_ore"]
    down = sum(float(row["down_minutes"]) for row in found)
    assert down == pytest.approx(figures.model["uptime"]["down_s"] / 60)


def test_a_cafes_share_is_drawn_towards_the_others_and_never_past_them(figures: Figures) -> None:
    centre = figures.model["many"]["shares"]["participation"]["centre"]
    for row in rows(figures):
        raw, shrunk = float(row["participation.value"]), float(row["participation.shrunk"])
        assert min(raw, centre) - 1e-5 <= shrunk <= max(raw, centre) + 1e-5
        assert float(row["participation.shrunk_low"]) < shrunk < float(row["participation.shrunk_high"])


def test_the_cells_of_a_funnel_count_every_cafe_once(figures: Figures) -> None:
    for found in figures.model["many"]["shares"].values():
        assert sum(count for _, _, count in found["funnel"]["cells"]) == found["cafes"] == CAFES - found["without"]
        assert len(found["named"]) <= 2 * MOST_NAMED
        assert 0 <= found["surely_reaching"] <= found["reaching"] + 0.025 * CAFES


def test_the_document_shows_no_table_of_all_and_names_in_the_order_of_names(figures: Figures) -> None:
    blocks = document_of(figures.model, "sv").blocks
    tables = [block for block in blocks if isinstance(block, Table) and block.caption.startswith("Kaféer som säkert")]
    assert tables
    for table in tables:
        names = [row[0] for row in table.rows]
        assert names == sorted(names, key=str.casefold) and len(names) <= 2 * MOST_NAMED
    charts = [block for block in blocks if isinstance(block, Chart) and block.name.startswith("funnel-")]
    assert [chart.name for chart in charts][:2] == ["funnel-participation", "funnel-completion"]
    assert all("60 kaféer" in chart.alt for chart in charts)
    assert any(f"filen {DATA_FILE}" in block.text for block in blocks if isinstance(block, Text))


def test_the_model_holds_no_row_of_a_cafe_but_the_hash_of_their_file(
    home: Home, figures: Figures, tmp_path: Path
) -> None:
    assert figures.model["by_cafe"] == figures.model["metric_days"] == figures.model["volumes"] == []
    assert figures.data_file is not None
    stated = figures.model["many"]["data_file"]
    assert (stated["rows"], stated["sha256"]) == (CAFES, hashlib.sha256(figures.data_file).hexdigest())
    files = save_report(home, figures.model, name="many", languages=[], data_file=figures.data_file)
    assert [each.name for each in files] == ["model.json", DATA_FILE]
    assert len(json.dumps(figures.model["many"])) < 200_000


def test_a_name_that_is_a_formula_is_text_in_the_file(home: Home) -> None:
    scope = find_scope(home, period="30-days")
    first, *rest = scope.cafes
    named = replace(scope, cafes=(first.model_copy(update={"name": "=HYPERLINK(1)"}), *rest))
    found = rows(build_figures(home, named))
    assert found[0]["name"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize("language", ["sv", "en"])
def test_it_is_typeset_on_about_ten_pages(figures: Figures, language: str) -> None:
    assert 5 <= len(pictures_of(figures.model, language, dots_per_inch=20)) <= 10  # type: ignore[arg-type]
