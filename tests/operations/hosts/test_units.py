"""The units of systemd are valid, and name only what is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from operations.backup.catalog import backup_folder
from pilot.settings import Settings

DEPLOY = Path(__file__).parents[3] / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))


def test_there_are_units_for_the_pilot_the_proxy_and_the_containers() -> None:
    assert [unit.name for unit in UNITS] == ["pilot-deployed.service", "pilot-proxy.service", "pilot.service"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_is_valid(unit: Path, tmp_path: Path) -> None:
    text = unit.read_text("utf-8")
    # Programs of the host that is deployed to stand for themselves by one that every machine has.
    text = (
        re.sub(r"(?m)^(Exec\w+=)/\S+", r"\1/bin/true", text)
        .replace("docker.service ", "")
        .replace("Requires=docker.service\n", "")
    )
    copied = tmp_path / unit.name
    copied.write_text(text, "utf-8")
    done = subprocess.run(("systemd-analyze", "verify", str(copied)), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_the_pilot_may_write_its_home_and_the_backups_beside_it() -> None:
    text = (DEPLOY / "pilot.service").read_text("utf-8")
    (home,) = re.findall(r"^Environment=PILOT_HOME=(\S+)$", text, re.MULTILINE)
    (writable,) = re.findall(r"^ReadWritePaths=(\S+)$", text, re.MULTILINE)
    for folder in (Path(home), backup_folder(Settings(home=Path(home)))):
        assert folder.is_relative_to(writable), folder


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_the_files_that_a_unit_names_are_in_the_checkout(unit: Path) -> None:
    for name in re.findall(r"(?:-f|--env-file) (\S+)", unit.read_text("utf-8")):
        assert name == ".env" or (DEPLOY.parent / name).is_file(), name
