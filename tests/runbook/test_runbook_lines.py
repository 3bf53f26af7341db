"""Every command line of the runbook's text runs as written, or the table says why it does not."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from tests.runbook.lines import SCRIPTS, Line, command_lines, passed_arguments, table

WRONG_USE = 2
LINES = table()
RUN = [line for line in LINES.values() if line.script]
AWAY = {
    "PILOT_PUBLIC_URL": "http://127.0.0.1:9",
    "PILOT_RESOLVERS": "127.0.0.1:9,127.0.0.1:9",
    "PILOT_SERVER_ADDRESS": "203.0.113.9",
    **{f"PILOT_{name}_PORT": "9" for name in ("EDGE", "DAGSTER", "DASHBOARDS", "ENTRANCE")},
}


def pilot(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), prog_name="pilot")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder with a seeded home; nothing runs, and no host can be reached."""
    with pytest.MonkeyPatch.context() as patch:
        made = tmp_path_factory.mktemp("runbook")
        patch.chdir(made)
        patch.setattr("operations.hosts.addresses.QUERY_SECONDS", 0.1)
        for name, value in {**AWAY, "PILOT_HOME": str(made / "home")}.items():
            patch.setenv(name, value)
        assert pilot("seed").exit_code == 0
        yield made


def test_the_table_names_exactly_the_lines_of_the_runbook() -> None:
    assert list(LINES) == command_lines()


def test_all_33_scripts_exist_are_executable_and_at_most_four_lines() -> None:
    names = {line.text.split()[0] for line in LINES.values() if line.text.startswith("./scripts/")}
    assert len(names) == 33
    for name in names:
        script = SCRIPTS.parent / name
        assert os.access(script, os.X_OK), name
        lines = script.read_text(encoding="utf-8").splitlines()
        assert lines[0] == "#!/bin/sh"
        assert lines[1].startswith("# ")
        assert len(lines) <= 4
    assert {f"./scripts/{path.name}" for path in SCRIPTS.glob("*.sh")} == names


@pytest.mark.parametrize("line", RUN, ids=lambda line: line.text)
def test_each_script_passes_the_runbooks_arguments_to_its_verb(line: Line, folder: Path) -> None:
    assert passed_arguments(line.text, folder) == line.script


@pytest.mark.parametrize("line", [each for each in RUN if not each.to_come], ids=lambda line: line.text)
def test_each_line_of_the_runbook_is_right_use_and_ends_with_words(line: Line, folder: Path) -> None:
    done = pilot(*line.script, *(("--help",) if line.only_help else ()))
    said = done.stdout + done.stderr
    assert done.exit_code != WRONG_USE, said
    assert done.exit_code in (0, 1), said
    assert said.strip()
    assert "Traceback" not in said
    assert "Something unexpected" not in said


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        (("--disable",), ("maintenance", "off")),
        (("--status",), ("maintenance", "status")),
        ((), ("maintenance", "on")),
        (("--enable", "--until", "14:30"), ("maintenance", "on", "--until", "14:30")),
    ],
)
def test_maintenance_has_a_way_back_and_a_state(arguments: tuple[str, ...], passed: tuple[str, ...], folder) -> None:
    found = passed_arguments(" ".join(("./scripts/maintenance-mode.sh", *arguments)), folder)
    at = found.index("--reason")
    assert found[:at] + found[at + 2 :] == passed


def test_a_script_runs_from_any_folder(folder: Path) -> None:
    done = subprocess.run((SCRIPTS / "check-pilot-metrics.sh", "--help"), cwd="/", capture_output=True, text=True)
    assert done.returncode == 0
    assert "pilot kpi" in done.stdout
