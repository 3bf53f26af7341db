"""The model is frozen: the same figures give the same bytes, and a changed file is refused."""

from __future__ import annotations

import json

import pytest

from pilot.kpis import KPIS
from reports.model import ChangedModel, Model, build_model, model_bytes, read_model, without_sessions
from reports.quotes import NoQuote, approve, approved, candidates, withdraw
from reports.scope import NoReport, Scope, find_scope
from storage.home import Home


def test_the_same_figures_give_the_same_bytes(reported_home: Home, scope: Scope, model: Model) -> None:
    again = build_model(reported_home, scope)
    assert model_bytes(again) == model_bytes(model)
    assert read_model(model_bytes(model)) == model


def test_a_model_that_was_changed_is_refused(model: Model) -> None:
    changed = json.loads(model_bytes(model))
    changed["kpis"][0]["verdict"] = "met!"
    with pytest.raises(ChangedModel, match="hash differs"):
        read_model(json.dumps(changed).encode())
    with pytest.raises(ChangedModel, match="no frozen model"):
        read_model(b"[1]")


def test_the_model_has_one_verdict_of_each_metric_and_says_that_it_is_interim(model: Model) -> None:
    assert [row["kpi"] for row in model["kpis"]] == list(KPIS)
    assert {row["cafe"] for row in model["kpis"]} == {"all"}
    assert (model["final"], model["planned_days"], len(model["days"])) == (False, 30, 7)
    assert not model["simulated"]


def test_the_models_sums_are_those_of_its_days(model: Model) -> None:
    completion = next(row for row in model["kpis"] if row["kpi"] == "completion")
    assert model["days_left_out"] == 1  # the verdict leaves it out, the table of days shows it
    assert completion["numerator"] < sum(row["completed"] for row in model["days"])
    assert sum(row["completed"] for row in model["funnel"]) == sum(row["completed"] for row in model["days"])


def test_one_cafes_report_has_only_its_figures(reported_home: Home) -> None:
    own = build_model(reported_home, find_scope(reported_home, period="30-days", cafe="aurora"))
    assert [cafe["id"] for cafe in own["cafes"]] == ["aurora"]
    assert {row["cafe"] for row in own["kpis"]} == {"aurora"}
    assert {cafe for each in own["outages"] for cafe in each["cafes"]} <= {"aurora"}


@pytest.mark.parametrize("period", ["7-days", "30", "month", ""])
def test_a_period_that_is_not_the_pilots_is_refused(reported_home: Home, period: str) -> None:
    with pytest.raises(NoReport, match="30-days"):
        find_scope(reported_home, period=period)


def test_a_home_without_a_reported_day_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    from pilot.settings import Settings
    from storage.home import open_home

    with pytest.raises(NoReport, match="pilot materialize"):
        find_scope(open_home(Settings(home=tmp_path_factory.mktemp("bare"))), period="30-days")


def test_no_words_enter_before_a_person_approved_them(reported_home: Home, scope: Scope, model: Model) -> None:
    assert model["quotes"] == []
    found = candidates(reported_home, scope)
    staff = {name for cafe in reported_home.cafes().cafe for name in cafe.staff}
    assert found and not any(name in each.text.split() for each in found for name in staff)
    with pytest.raises(NoQuote, match="nothing"):
        approve(reported_home, scope, ["nothing"])
    chosen = found[0]
    approve(reported_home, scope, [chosen.place.name])
    try:
        assert [each["text"] for each in approved(reported_home, scope)] == [chosen.text]
        quoted = build_model(reported_home, scope)
        assert chosen.text in model_bytes(quoted).decode()
        left = without_sessions(quoted, {chosen.place.session_id})
        assert left is not None and left["quotes"] == [] and left["hash"] == model["hash"]
        assert without_sessions(quoted, {"another"}) is None
    finally:
        assert withdraw(reported_home, {chosen.place.session_id}) == 1
    assert approved(reported_home, scope) == []
