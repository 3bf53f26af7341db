"""A session of an engine opens also in a process that has no main file, as a forked run has none."""

from __future__ import annotations

import subprocess
import sys

RUN = (
    "from storage.errors import EngineUnavailable\n"
    "from storage.spark.session import open_session\n"
    "try:\n    open_session('sc://127.0.0.1:1')\n"
    "except EngineUnavailable:\n    print('unavailable')\n"
)


def test_an_engine_away_is_named_in_a_process_without_a_main_file() -> None:
    done = subprocess.run([sys.executable, "-c", RUN], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == "unavailable", done.stderr
