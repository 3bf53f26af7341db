"""Each figure of the pages is recomputed by an independent query, and a wrong one is named."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, is_dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest
import streamlit as st

from dashboards import reading as reading_package
from dashboards.page_registry import PAGES
from pilot.access import ROLES
from pilot.lake_tables.tables import PILOT_KPIS
from proving.analytics import pages
from proving.analytics.comparison import Recomputing, forgotten
from proving.analytics.figures import dataclasses_of, figures_of, kind_of
from proving.analytics.proof import NothingToCompare, Proof, prove
from proving.analytics.registration import Choice, Query, Reader, Reading
from proving.analytics.registry import readings
from storage.home import Home
from tests.proving.analytics.full_days import LAST, NOW, full_home

# What a reader of the pages asks for, and no figure.
ARGUMENTS = {"Filter", "Cover", "SessionFilter"}
DAYS = 1
FEW = 5
BY_ROLE = {
    ("cafe_day.py", "day"), ("to_do.py", "words"), ("payments.py", "payments"), ("audit_log.py", "log"),
    ("payments.py", "rulings"), ("payments.py", "payouts"), ("alerts.py", "incidents"), ("survey.py", "results"),
    ("help.py", "found"), ("rules.py", "rules"), ("rewards.py", "rewards"), ("cafes.py", "accounts"),
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    st.cache_data.clear()
    yield full_home(tmp_path_factory.mktemp("analytics") / "home")
    st.cache_data.clear()


@pytest.fixture(scope="module")
def proof(home: Home) -> Proof:
    """Compare everything as the administrator; what differs by role is compared below."""
    chosen = [replace(one, choices=_thinned(one.choices)) for one in readings()]
    return prove(home, now=NOW, days=DAYS, registered=chosen, roles=("admin",), cafes=("aurora",))


def _thinned(choices: Callable[[Reader], Iterable[Choice]]) -> Callable[[Reader], list[Choice]]:
    """Return every choice of a reader of all cafés, and a few of a reader of one.

    The same code runs for both; with one café, nothing but the rows differs.
    """

    def chosen(reader: Reader) -> list[Choice]:
        every = list(choices(reader))
        return every if reader.principal.cafes is None else every[:: max(1, len(every) // FEW)]

    return chosen


def test_every_figure_of_every_page_equals_its_independent_query(proof: Proof) -> None:
    differing = [(one.page, one.figure, one.shown, one.recomputed, one.where) for one in proof.different]
    assert differing == []
    assert proof.holds and not proof.changed


def test_no_figure_of_the_pages_readings_is_forgotten(proof: Proof) -> None:
    assert proof.forgotten == ()


def test_every_figure_was_compared_and_some_of_each_have_a_value(proof: Proof) -> None:
    compared = {(one.page, one.figure) for one in proof.figures}
    wanted = {
        (reading.page, f"{reading.name}: {figure}" if figure else reading.name)
        for reading in readings()
        for figure in figures_of(kind_of(reading))
        if not any(figure == part or figure.startswith(f"{part}.") for part in reading.no_figures)
    }
    assert wanted - compared - EMPTY_IN_THIS_HOME == set()


# Nothing is planned in this home; the queries of these figures run with no row.
EMPTY_IN_THIS_HOME = {
    ("pilot_overview.py", f"maintenance: {name}") for name in ("cafe", "minutes", "uptime", "unplanned_uptime")
}


def test_every_role_and_every_cafe_is_compared(home: Home) -> None:
    chosen = [one for one in readings() if (one.page, one.name) in BY_ROLE]
    assert len(chosen) == len(BY_ROLE)
    found = prove(home, now=NOW, days=DAYS, registered=chosen)
    assert found.holds and found.principals == len(ROLES) * (1 + len(home.cafes().ids))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.script)
def test_every_page_has_registered_figures(page: Any) -> None:
    assert [reading for reading in readings() if reading.page == page.script], "see docs/analytics-proof.md"


def reading_modules() -> list[ModuleType]:
    found = pkgutil.iter_modules(reading_package.__path__)
    return [importlib.import_module(f"dashboards.reading.{module.name}") for module in found]


def test_every_dataclass_that_the_pages_read_is_registered() -> None:
    known = {one for reading in readings() for one in dataclasses_of(kind_of(reading))}
    defined = {
        one
        for module in reading_modules()
        for one in vars(module).values()
        if isinstance(one, type) and is_dataclass(one) and one.__module__ == module.__name__
    }
    assert {one.__name__ for one in defined - known} - ARGUMENTS == set()


def test_every_cached_reading_of_the_pages_is_registered() -> None:
    registered = {reading.function.__name__ for reading in readings()}
    cached = {
        name
        for module in reading_modules()
        for name, one in vars(module).items()
        if hasattr(one, "clear") and getattr(one, "__module__", "") == module.__name__
    }
    assert cached and cached - registered == set()


@dataclass(frozen=True, slots=True)
class Grown:
    """A reading that got a figure, a nested one and a property."""

    counted: int
    nested: tuple[Nested, ...]

    @property
    def share(self) -> float:
        """Return a share."""
        return 0.5


@dataclass(frozen=True, slots=True)
class Nested:
    """A row."""

    name: str
    by_day: dict[str, int]


def test_a_new_field_property_or_nested_figure_without_a_query_is_named(home: Home) -> None:
    query = Query(sql="select 1 as counted")
    given = Reading(
        page="kpi.py", name="x", function=len, kind=Grown, choices=lambda _: [], shown=lambda *_: None, queries=(query,)
    )
    with Recomputing(home) as recomputing:
        missing = [figure for _, figure in forgotten([given], recomputing)]
    assert missing == ["nested.name", "nested.by_day", "share"]


@pytest.mark.parametrize("change", ["row", "formula", "lost row", "foreign row"])
def test_a_planted_fault_is_named(home: Home, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    chosen = [one for one in readings() if one.page == "pilot_overview.py" and one.name == "period"]
    before = home.lake().read(PILOT_KPIS, days=[LAST])
    mine = (pl.col("cafe") == "aurora") & (pl.col("kpi") == "completion")
    if change == "row":
        home.lake().replace_partition(
            PILOT_KPIS, LAST, before.with_columns(value=pl.when(mine).then(0.99).otherwise("value")), commit={}
        )
    elif change == "lost row":
        home.lake().replace_partition(PILOT_KPIS, LAST, before.filter(~mine), commit={})
    else:
        real = chosen[0].shown

        def wrong(reader: Any, choice: Any) -> Any:
            shown = real(reader, choice)
            if change == "formula":
                volumes = tuple(replace(one, completed=one.completed + 1) for one in shown.volumes)
                return replace(shown, volumes=volumes)
            wide = replace(reader, principal=replace(reader.principal, cafes=None), opened={})
            try:
                return real(wide, replace(choice, cafes=home.cafes().ids))
            finally:
                wide.close()

        chosen = [replace(chosen[0], shown=wrong)]
    try:
        found = prove(home, now=NOW, days=1, registered=chosen, roles=("admin",), cafes=("aurora",))
    finally:
        home.lake().replace_partition(PILOT_KPIS, LAST, before, commit={})
    wanted = {
        "row": "period: figures.value",
        "lost row": "period: figures.value",
        "formula": "period: volumes.completed",
        "foreign row": "period: volumes.started",
    }[change]
    assert not found.holds
    assert wanted in {one.figure for one in found.different}
    if change == "row":
        assert [one.figure for one in found.different] == [wanted]
        assert found.different[0].shown == 0.99 and "aurora completion" in found.different[0].where


def test_the_queries_share_no_code_with_the_pages_readings() -> None:
    """Queries and arithmetic import no pipeline and no statistics; pages import what they show."""
    folder = Path(pages.__path__[0]).parent
    for path in [folder / name for name in ("arithmetic.py", "shrinkage.py", "shared_queries.py", "kpi_queries.py")]:
        imported = {
            node.module or ""
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom)
        }
        assert not {name for name in imported if name.startswith("pipelines")}, path.name


def test_an_empty_home_has_nothing_to_compare(tmp_path: Path) -> None:
    from pilot.settings import read_settings
    from storage.home import open_home

    with pytest.raises(NothingToCompare):
        prove(open_home(read_settings({"PILOT_HOME": str(tmp_path / "empty")})), now=NOW, days=1)
