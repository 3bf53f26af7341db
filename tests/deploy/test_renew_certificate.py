"""The script that forces a certificate: it removes one host's and restarts the proxy."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "renew-certificate.sh"


def run(folder: Path, *arguments: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run the script with a stand-in for docker that only notes its arguments."""
    (folder / "docker").write_text('#!/bin/sh\nprintf "%s\\n" "$*" >> "$NOTES"\n', "utf-8")
    (folder / "docker").chmod(0o755)
    notes = folder / "notes"
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "NOTES": str(notes)}
    done = subprocess.run((str(SCRIPT), *arguments), env=environment, capture_output=True, text=True, check=False)
    return done, notes.read_text("utf-8").splitlines() if notes.exists() else []


def test_one_hosts_certificate_is_removed_and_the_proxy_started_again(tmp_path: Path) -> None:
    done, notes = run(tmp_path, "aurora.feedbackai.se")
    assert done.returncode == 0
    assert notes == [
        "compose --file docker-compose.staging.yml exec -T proxy sh -c rm -rf "
        "/data/caddy/certificates/*/aurora.feedbackai.se",
        "compose --file docker-compose.staging.yml restart proxy",
    ]


@pytest.mark.parametrize("argument", ["", "..", ".", "a..b", "../..", "a b", "x;reboot", "*", "$(id)"])
def test_what_is_no_host_name_is_refused(tmp_path: Path, argument: str) -> None:
    done, notes = run(tmp_path, argument)
    assert (done.returncode, notes) == (2, [])
