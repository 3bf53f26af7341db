"""`pilot score` over a file with good and bad lines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.commands.feedback.score import app

GOOD = {
    "id": "a",
    "cafe": "aurora",
    "language": "sv",
    "turns": ["Havrelatten var bränd klockan åtta.", "Använd en termometer."],
}


@pytest.fixture
def scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PILOT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PILOT_CAFES_FILE", str(Path(__file__).parents[2] / "cafes.toml"))

    def run(*lines: str):
        file = tmp_path / "sessions.jsonl"
        file.write_text("\n".join(lines), encoding="utf-8")
        return CliRunner().invoke(app, [str(file)])

    return run


def test_a_line_is_scored_with_its_themes_signals_subscores_and_spans(scored) -> None:
    result = scored(json.dumps(GOOD, ensure_ascii=False))
    assert result.exit_code == 0, result.output
    row = json.loads(result.stdout.splitlines()[0])
    assert row["id"] == "a" and row["eligible"] and row["score"] > 60
    assert row["themes"] == {"coffee": "negative"}
    assert row["signals"] == [] and set(row["subscores"]) >= {"specificity", "evidence"}
    words = {GOOD["turns"][span["turn"]][span["start"] : span["end"]] for span in row["spans"]}
    assert {"Havrelatten var bränd klockan åtta", "Använd en termometer"} <= words
    assert row["quotes"][0]["theme"] == "coffee"
    assert "thing" in row["said"] and "better" not in row["left_out"]


def test_a_faulty_line_is_reported_by_its_number_and_the_rest_is_scored(scored) -> None:
    result = scored("not json at all", json.dumps(GOOD), json.dumps(GOOD | {"cafe": "nowhere"}), json.dumps(GOOD))
    assert result.exit_code == 1
    assert [json.loads(line)["id"] for line in result.stdout.splitlines() if line.startswith("{")] == ["a", "a"]
    assert "line 1:" in result.stderr and "line 3:" in result.stderr
    assert "not json at all" not in result.output
