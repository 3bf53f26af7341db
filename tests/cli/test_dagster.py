"""`pilot dagster` prints a new link each time, and only the last one signs in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from operations.dagster_page.sign_in import use_link
from operations.system import DAGSTER_FOLDER
from tests.cli.conftest import Pilot


def test_each_call_prints_a_new_link_and_only_the_last_signs_in(pilot: Pilot, tmp_path: Path) -> None:
    assert pilot("seed").exit_code == 0
    first, second = (pilot("dagster", PILOT_DAGSTER_PORT="3456").stdout.strip() for _ in range(2))
    for link in (first, second):
        assert link.startswith("http://127.0.0.1:3456/sign-in?token=")
    folder, now = tmp_path / "home" / DAGSTER_FOLDER, datetime.now(UTC)
    used = [use_link(folder, link.partition("token=")[2], now=now) for link in (first, second, second)]
    assert used == [False, True, False]
