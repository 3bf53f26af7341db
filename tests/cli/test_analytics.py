"""`pilot test-analytics` prints a line for each figure, a verdict, and exits by it."""

from __future__ import annotations

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from cli.commands.proving import test_analytics as command
from proving.analytics import proof
from proving.analytics.comparison import FigureGroup
from proving.analytics.proof import Proof

DAY = date(2026, 11, 29)
EQUAL = FigureGroup("kpi.py", "period: opened", compared=12, shown=31, recomputed=31)
WRONG = FigureGroup(
    "kpi.py", "figure: value", compared=4, different=1, shown=0.12345678, recomputed=0.2, where="data of all: aurora"
)


def run(monkeypatch: pytest.MonkeyPatch, result: Proof, *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr(command, "home", lambda: None)
    monkeypatch.setattr(proof, "prove", lambda home, **given: result)
    found = CliRunner().invoke(command.app, list(arguments))
    return found.exit_code, found.output


def made(*figures: FigureGroup, forgotten: tuple[str, ...] = (), changed: tuple[str, ...] = ()) -> Proof:
    return Proof(figures, forgotten, (DAY,), 20, changed)


def test_equal_figures_exit_with_0_and_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = run(monkeypatch, made(EQUAL))
    assert code == 0
    assert "equal      kpi  period: opened  shown 31  recomputed 31  (12 compared)" in output
    assert output.splitlines()[-1].startswith("EQUAL: 1 figures, 12 values, 20 principals")


def test_a_difference_exits_with_1_and_names_the_figure_and_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = run(monkeypatch, made(EQUAL, WRONG))
    assert code == 1
    assert "DIFFERENT  kpi  figure: value  shown 0.123457  recomputed 0.2  (4 compared, 1 differ; data of all" in output
    assert "NOT EQUAL: 1 figures differ" in output and "pilot materialize --from 2026-11-29" in output


def test_a_forgotten_figure_and_a_rebuild_meanwhile_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = run(monkeypatch, made(EQUAL, forgotten=("kpi.py period: new",), changed=("sessions",)))
    assert code == 1
    assert "FORGOTTEN  kpi.py period: new" in output and "sessions changed meanwhile" in output


def test_json_has_each_figure_and_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = run(monkeypatch, made(EQUAL, WRONG), "--json")
    data = json.loads(output)
    assert code == 1 and data["equal"] is False and data["principals"] == 20
    assert data["figures"][1]["shown"] == "0.12345678" and data["figures"][1]["equal"] is False


def test_a_wrong_day_is_a_usage_error_without_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = run(monkeypatch, made(), "--last", "i går")
    assert code == 2 and "2026-11-23" in output and "i går" not in output
