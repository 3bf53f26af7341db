from __future__ import annotations

import json
from typing import Any

import pytest
import typer

from cli.commands.proving import bench
from cli.durations import seconds
from tests.cli.conftest import Pilot


@pytest.mark.parametrize(("text", "found"), [("300s", 300), ("5m", 300), ("1.5 h", 5400), ("90", 90), ("7d", 604_800)])
def test_a_duration_is_read_as_people_write_it(text: str, found: float) -> None:
    assert seconds(text) == found


@pytest.mark.parametrize("text", ["", "soon", "5 days", "-3s"])
def test_a_text_that_is_not_a_duration_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is no duration"):
        seconds(text)


def test_a_load_on_a_home_without_codes_names_the_command_that_makes_them(pilot: Pilot) -> None:
    refused = pilot("load-test", "--duration", "1s")
    assert refused.exit_code == 1
    assert "has no code. `pilot seed` gives it one." in refused.stderr


def test_a_load_on_an_unreachable_edge_fails_with_json(pilot: Pilot, monkeypatch: pytest.MonkeyPatch) -> None:
    pilot("seed")
    monkeypatch.setattr("proving.load.making.REFUSED_PAUSE_SECONDS", 0.05)
    done = pilot("load-test", "--concurrent", "1", "--duration", "0.1s", "--url", "http://127.0.0.1:1", "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 1
    assert found["simulated"] is True
    assert found["response_ms"] is None
    assert all(failure.startswith("refused") for failure in found["failures"])


def test_a_benchmark_gets_its_options_and_prints_its_figures(pilot: Pilot, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}

    class Scoring:
        @staticmethod
        def run(*, rows: int) -> dict[str, Any]:
            given["rows"] = rows
            return {"rows_a_second": 12.5}

    monkeypatch.setattr(bench, "_benchmark", lambda name: {"feedback.scoring_speed": Scoring}[name])
    done = pilot("bench", "scoring", "--rows", "10", "--json")
    assert (done.exit_code, json.loads(done.stdout), given) == (0, {"rows_a_second": 12.5}, {"rows": 10})
    assert pilot("bench", "scoring", "--rows", "10").stdout == "rows_a_second: 12.5\n"


def test_every_benchmark_of_the_command_exists() -> None:
    for name in ("voice.first_words", "voice.recogniser", "feedback.scoring_speed"):
        assert callable(bench._benchmark(name).run), name


def test_a_missing_benchmark_is_reported_by_name() -> None:
    with pytest.raises(bench.BenchmarksMissing, match="no benchmark 'nothing'"):
        bench._benchmark("nothing")
