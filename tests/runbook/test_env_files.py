"""Files of settings are never in the repository, and the example is."""

from __future__ import annotations

import subprocess

import pytest

from tests.runbook.lines import ROOT


@pytest.mark.parametrize(
    ("name", "ignored"), [(".env", True), (".env.production", True), (".env.staging", True), (".env.example", False)]
)
def test_files_of_settings_are_ignored_by_git_and_the_example_is_not(name: str, ignored: bool) -> None:
    done = subprocess.run(("git", "check-ignore", "--quiet", "--no-index", name), cwd=ROOT, check=False)
    assert (done.returncode == 0) is ignored
    tracked = subprocess.run(("git", "ls-files", name), cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert bool(tracked) is not ignored
