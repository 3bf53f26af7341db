"""Each account sees the pages of its role and the rows of its cafés, whatever it sends."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards import signed_in
from dashboards.page_registry import PAGES, PageEntry, pages_for
from dashboards.signed_in import AccessChanged
from pilot.access import OF_ROLE, ROLES, Principal, Role
from pilot.lake_tables.tables import SCORED_FEEDBACK, SESSIONS, TABLES, TURNS
from storage.cafes_file import read_cafes
from storage.home import LAKE_FOLDER, Home
from storage.lake import Lake
from storage.store.access import accounts, sign_ins
from tests.dashboards.conftest import ROOT, TODAY
from tests.dashboards.lake_days import make_day

pytestmark = pytest.mark.slow

Pages = Callable[..., AppTest]
OWN, OTHER = "malmohuset", "aurora"
MARK = "Kanelbullens hemlighet"  # the words of every guest of the other café
NAME = "Aurora"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a lake with two days of all cafés; each word of the other café's guests is the mark."""
    folder = tmp_path_factory.mktemp("made")
    lake, cafes = Lake(str(folder)), read_cafes(ROOT / "cafes.toml")
    for back in range(2):
        day = make_day(cafes, TODAY - timedelta(days=back))
        day.write(lake)
        turns = day.turns.with_columns(
            transcript=pl.when(pl.col("cafe") == OTHER).then(pl.lit(MARK)).otherwise(pl.col("transcript"))
        )
        lake.replace_partition(TURNS, TODAY - timedelta(days=back), turns, commit={})
    return folder


@pytest.fixture
def lake(made: Path, home: Home) -> Home:
    """Return a home with a copy of that lake."""
    shutil.copytree(made, home.root / LAKE_FOLDER, dirs_exist_ok=True)
    return home


def everything(at: AppTest) -> str:
    """Return all that a run sent to the browser: HTML, labels, options, tables, values."""
    assert not at.exception, at.exception
    return " ".join(repr(element.proto) for element in at.main) + " ".join(
        repr(element.proto) for element in at.sidebar
    )


def opened(visit_pages: Pages, entry: PageEntry, role: Role, *, cafe: str = "", **state: object) -> AppTest:
    at = visit_pages(role, (OWN,) if role == "manager" else ())
    at.query_params["kafe"] = cafe or OWN
    for name, value in state.items():
        at.session_state[name] = value
    at.run()
    return at.switch_page(f"views/{entry.script}").run()


OF_MANAGERS = [entry for entry in PAGES if entry.permission in OF_ROLE["manager"]]


@pytest.mark.parametrize("entry", OF_MANAGERS, ids=lambda entry: entry.script)
def test_a_manager_never_receives_a_row_or_the_name_of_another_cafe(
    lake: Home, visit_pages: Pages, entry: PageEntry
) -> None:
    if entry.permission != "feedback" and entry.permission not in OF_ROLE["manager"]:
        pytest.skip("not a manager's page")
    for forged in ({"cafe": OTHER}, {"kafe": OTHER}, {"kept.kafe": OTHER}):
        cafe = forged.pop("cafe", "")
        at = opened(visit_pages, entry, "manager", cafe=cafe, **forged)
        sent = everything(at)
        assert MARK not in sent and NAME not in sent


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.script)
@pytest.mark.parametrize("role", ROLES)
def test_a_page_exists_only_for_the_roles_that_may_open_it(
    lake: Home, visit_pages: Pages, entry: PageEntry, role: Role
) -> None:
    at = visit_pages(role, (OWN,) if role == "manager" else ()).run()
    allowed = entry.permission in OF_ROLE[role]
    assert (entry in pages_for(Principal("1", "x@example.se", role, None, 1))) == allowed
    assert is_opened(at, entry) == allowed


def test_the_audit_log_is_for_readers_of_every_cafe() -> None:
    some = Principal("1", "x@example.se", "pilot_manager", frozenset({OWN}), 1)
    assert "logg" not in {entry.url_path for entry in pages_for(some)}
    assert "logg" in {entry.url_path for entry in pages_for(replace(some, cafes=None))}


def is_opened(at: AppTest, entry: PageEntry) -> bool:
    """Return whether a page runs; Streamlit does not know one that is not registered for the reader."""
    try:
        at.switch_page(f"views/{entry.script}").run()
    except ValueError:
        return False
    return not at.exception and "Page not found" not in everything(at)


@pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.script)
def test_without_a_sign_in_no_page_shows_anything(
    lake: Home, visit_pages: Pages, monkeypatch, entry: PageEntry
) -> None:
    at = visit_pages()
    monkeypatch.setattr(signed_in, "token", lambda: "")
    sent = everything(at.run())
    assert "Du är inte inloggad längre" in sent and NAME not in sent


def test_every_role_may_open_the_first_page() -> None:
    assert all(PAGES[0] in pages_for(Principal("1", "x@example.se", role, None, 1)) for role in ROLES)


def test_every_script_of_a_page_is_in_the_registry() -> None:
    scripts = {path.name for path in (ROOT / "dashboards" / "views").glob("*.py")} - {"__init__.py"}
    assert scripts == {entry.script for entry in PAGES}
    assert len({entry.url_path for entry in PAGES}) == len(PAGES)


def test_a_render_holds_no_way_around_the_entitlement() -> None:
    """Refuse `home.lake()` and `home.store()` in the pages: both must go through the visit."""
    allowed = {"visit.py", "signed_in.py", "server.py", "app.py"}
    found = [
        f"{path.name}:{node.lineno}"
        for path in (ROOT / "dashboards").rglob("*.py")
        if path.name not in allowed
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in ("lake", "store")
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "home"
    ]
    assert found == []


@pytest.mark.parametrize("change", ["revoked", "cafes", "ended"])
def test_a_fragment_or_callback_of_an_old_render_reads_nothing_after_a_change(
    lake: Home, visit_pages: Pages, monkeypatch, change: str
) -> None:
    at = visit_pages("manager", (OWN,)).run()
    visit = at.session_state["visit"]
    with visit.lake().snapshot(SESSIONS) as snapshot:
        assert snapshot.sql("select distinct cafe from sessions")["cafe"].to_list() == [OWN]
    store = lake.store()
    if change == "revoked":
        accounts.revoke(store, email="manager@example.se", actor="test", reason="left")
    elif change == "ended":
        sign_ins.end(store, signed_in.token())
    else:
        accounts.invite(
            store, email="manager@example.se", role="manager", cafes=[OTHER], known_cafes=lake.cafes().ids, actor="test"
        )
    for attempt in (
        lambda: visit.lake().snapshot(SESSIONS),
        lambda: visit.lake().version(SESSIONS),
        lambda: visit.store(),
        lambda: visit.store(cafe=OWN),
        lambda: visit.confirm(),
    ):
        with pytest.raises(AccessChanged):
            attempt()


def test_an_action_on_another_cafe_or_without_the_permission_is_refused(lake: Home, visit_pages: Pages) -> None:
    visit = visit_pages("manager", (OWN,)).run().session_state["visit"]
    visit.confirm(cafe=OWN, permission="cafe.change")
    for refused in ({"cafe": OTHER}, {"permission": "money.change"}, {"cafe": OTHER, "permission": "feedback"}):
        with pytest.raises(AccessChanged):
            visit.confirm(**refused)


@pytest.mark.parametrize("table", list(TABLES.values()), ids=lambda table: table.name)
def test_no_table_shows_another_cafes_rows(lake: Home, table) -> None:
    with lake.lake().snapshot(table, cafes=frozenset({OWN})) as snapshot:
        rows = snapshot.sql(f"select * from {table.name}")
    if "cafe" in table.names:
        assert set(rows["cafe"].unique()) <= {OWN}
    else:
        assert rows.is_empty()


@pytest.mark.parametrize("cafes", [frozenset(), frozenset({"nowhere"}), frozenset({"x') or ('1'='1"})])
def test_no_cafe_an_unknown_one_and_a_forged_one_have_no_rows(lake: Home, cafes: frozenset[str]) -> None:
    with lake.lake().snapshot(SESSIONS, SCORED_FEEDBACK, cafes=cafes) as snapshot:
        assert snapshot.sql("select count(*) as n from sessions")["n"][0] == 0
        assert snapshot.sql("select count(*) as n from scored_feedback")["n"][0] == 0


def test_what_is_cached_for_one_account_is_not_shown_to_another(lake: Home, visit_pages: Pages) -> None:
    st.cache_data.clear()
    everyone = visit_pages("admin")
    everyone.query_params["kafe"] = OTHER
    assert MARK in everything(everyone.run())
    at = visit_pages("manager", (OWN,))
    at.query_params["kafe"] = OTHER
    assert MARK not in everything(at.run())
