from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import _Pilot
from tests.cli.conftest import Pilot
from tests.waiting import DEADLINE_SECONDS

HEAVY = ("polars", "dagster", "streamlit", "httpx", "sqlalchemy", "deltalake", "numpy", "fastapi", "duckdb", "pydantic")


def test_the_help_lists_every_subcommand_and_each_has_its_own_help(pilot: Pilot) -> None:
    shown = pilot("--help")
    assert shown.exit_code == 0
    for name in _Pilot.subcommands:
        assert name in shown.stdout
        explained = pilot(name, "--help")
        assert explained.exit_code == 0, name
        assert f"pilot {name}" in explained.stdout


def test_the_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\nfrom cli.main import app\n"
        "try:\n    app(['--help'], prog_name='pilot')\nexcept SystemExit:\n    pass\n"
        f"print('loaded:', [name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "loaded: []"


def test_an_unknown_subcommand_is_a_usage_error_that_suggests_a_similar_one(pilot: Pilot) -> None:
    refused = pilot("healht")
    assert refused.exit_code == 2
    assert "No such command 'healht'. Did you mean 'health'?" in refused.stderr


def test_an_unknown_setting_is_refused_with_a_suggestion_and_no_traceback(pilot: Pilot) -> None:
    refused = pilot("cafes", "list", PILOT_EDGE_PROT="1")
    assert refused.exit_code == 1
    assert refused.stderr == (
        "PILOT_EDGE_PROT is not a known setting; did you mean PILOT_EDGE_PORT? `.env.example` lists every setting.\n"
    )


def test_debug_shows_the_error_itself(pilot: Pilot) -> None:
    assert pilot("cafes", "check", "nowhere.toml").exception.__class__ is SystemExit
    assert pilot("--debug", "cafes", "check", "nowhere.toml").exception.__class__.__name__ == "InvalidCafes"


def test_an_unforeseen_error_is_reported_without_its_values(pilot: Pilot, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(path: Path) -> None:
        raise RuntimeError("a customer's words")

    monkeypatch.setattr("storage.cafes_file.read_cafes", broken)
    monkeypatch.setattr("cli.commands.cafes.cafes.read_cafes", broken, raising=False)
    refused = pilot("cafes", "list")
    assert refused.exit_code == 1
    assert refused.stderr == "Something unexpected went wrong (RuntimeError). `pilot --debug ...` shows where.\n"


def test_a_variable_overrides_its_line_in_the_env_file(pilot: Pilot, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('# own\nexport PILOT_PUBLIC_URL="https://one.example"\nOTHER=1\n', encoding="utf-8")
    pilot("seed")
    assert "https://one.example/c/" in pilot("qr", "list").stdout
    assert "https://two.example/c/" in pilot("qr", "list", PILOT_PUBLIC_URL="https://two.example").stdout


def test_codes_lead_to_this_edge_if_only_its_port_is_set(pilot: Pilot) -> None:
    assert "http://127.0.0.1:18123/c/" in pilot("seed", PILOT_EDGE_PORT="18123").stdout


def test_a_closed_pipe_is_not_an_error(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "from cli.main import main; main()", "schema", "events")
    environment = {**os.environ, "PILOT_HOME": str(tmp_path / "home")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True) as done:
        assert done.stdout is not None
        assert done.stderr is not None
        done.stdout.close()
        assert done.stderr.read() == ""
        assert done.wait(DEADLINE_SECONDS) == 0
