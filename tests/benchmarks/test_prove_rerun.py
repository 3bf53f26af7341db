"""A rerun repairs a day after a kill in one table; `make prove-rerun` covers every table."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.timeout(900)
def test_a_run_killed_in_a_table_of_each_kind_is_made_whole_by_a_rerun() -> None:
    words = [sys.executable, "-m", "benchmarks.platform.prove_rerun", "--json", "--moments", "during"]
    done = subprocess.run([*words, "--tables", "sessions,pilot_report"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert [(death["table"], death["killed"], death["differ"]) for death in found["deaths"]] == [
        ("sessions", True, []),
        ("pilot_report", True, []),
    ]
