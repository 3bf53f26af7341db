"""A bare host becomes a healthy pilot: from a clone by the README, and from a backup alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.platform.bare_host import BareHost, bare_host, missing
from benchmarks.platform.second_host import (
    BUCKET,
    CLONE,
    REBUILT_WITHIN,
    lose_a_host,
    rebuild,
    settle,
    start_as_the_readme_says,
)
from tests.s3_server import running_s3

# Not in `make test`: each host downloads every package once more.
pytestmark = [
    pytest.mark.containers,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(bool(missing()), reason=f"a bare host {missing()}"),
]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[BareHost]:
    """Yield a bare host with a clone of the repository."""
    with bare_host(tmp_path) as made:
        settle(made)
        yield made


def test_a_clone_becomes_healthy_by_the_readme_alone(host: BareHost) -> None:
    lines = start_as_the_readme_says(host)
    assert lines[0] == "make run" and lines[1].startswith(".venv/bin/pilot journey")
    assert (host.root / "root/.local/share/pilot/store.sqlite").exists()
    assert "Stopped; no process is left." in (host.root / "tmp/running.log").read_text("utf-8")


def test_a_bare_host_is_rebuilt_from_a_backup_alone_within_two_hours(host: BareHost, tmp_path: Path) -> None:
    with running_s3(BUCKET) as s3:
        lost = lose_a_host(tmp_path, s3=s3, days=1)
        host.run("environment", "python3 scripts/environment.py .venv", folder=CLONE)
        assert rebuild(host, lost) == []
    assert timedelta(seconds=sum(step.seconds for step in host.steps)) < REBUILT_WITHIN
