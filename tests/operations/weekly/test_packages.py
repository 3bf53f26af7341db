"""Updates of the system are listed, those for security first; root installs them only when told to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from operations.weekly.packages import APT, PackagesRefused, Update, parse_updates, run_command, update_packages

# As apt-get 2.6 prints it.
SIMULATION = """Reading package lists...
Calculating upgrade...
Inst base-files [12.4+deb12u11] (12.4+deb12u15 Debian:12.15/oldstable [amd64])
Conf base-files (12.4+deb12u15 Debian:12.15/oldstable [amd64])
Inst libgcrypt20-dev [1.10.1-3] (1.10.1-3+deb12u1 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64]) []
Inst linux-image-6.1 (6.1.99 Debian-Security:12/oldstable-security [amd64])
"""


class Tool:
    """A package tool that remembers its commands and whose updates are installed by `upgrade`."""

    def __init__(self, simulation: str = SIMULATION) -> None:
        self.commands: list[tuple[str, ...]] = []
        self.simulation = simulation

    def __call__(self, command: tuple[str, ...]) -> str:
        self.commands.append(command)
        if "-y" in command:
            self.simulation = ""
        return self.simulation if "-s" in command else ""


def test_updates_are_read_with_those_for_security_first() -> None:
    assert parse_updates(SIMULATION) == [
        Update("libgcrypt20-dev", "1.10.1-3", "1.10.1-3+deb12u1", True),
        Update("linux-image-6.1", "", "6.1.99", True),
        Update("base-files", "12.4+deb12u11", "12.4+deb12u15", False),
    ]


def test_without_apply_updates_are_listed_and_nothing_is_installed(tmp_path: Path) -> None:
    tool = Tool()
    found = update_packages(apply=False, run=tool, present=True, is_root=True, reboot_flag=tmp_path / "none")
    assert not found.ok
    assert found.found.startswith("3 updates wait, 2 for security: libgcrypt20-dev, linux-image-6.1")
    assert "--apply" in found.remedy
    assert all("-s" in command for command in tool.commands)


def test_with_apply_root_installs_them_and_another_user_is_refused(tmp_path: Path) -> None:
    tool = Tool()
    with pytest.raises(PackagesRefused, match="root only"):
        update_packages(apply=True, run=tool, present=True, is_root=False)
    assert tool.commands == []
    found = update_packages(apply=True, run=tool, present=True, is_root=True, reboot_flag=tmp_path / "none")
    assert (found.ok, found.found) == (True, "0 updates wait, 0 for security; restart of the host not needed")
    assert [command for command in tool.commands if "-s" not in command] == [
        (APT, "-q", "update"),
        (APT, "-y", "-q", "upgrade"),
    ]


def test_a_needed_restart_of_the_host_is_a_finding(tmp_path: Path) -> None:
    flag = tmp_path / "reboot-required"
    flag.touch()
    found = update_packages(apply=False, run=Tool(""), present=True, reboot_flag=flag)
    assert not found.ok
    assert found.found.endswith("restart of the host NEEDED")


def test_a_host_without_the_tool_is_not_judged() -> None:
    assert update_packages(apply=False, present=False).state == "not_applicable"


@pytest.mark.skipif(shutil.which(APT) is None, reason="only hosts of the Debian family have apt-get")
def test_the_tool_of_this_host_lists_its_updates_and_a_failing_one_is_named() -> None:
    assert update_packages(apply=False).found.split()[1:3] == ["updates", "wait,"]
    with pytest.raises(PackagesRefused, match="apt-get no-such-verb failed: E: Invalid operation"):
        run_command((APT, "no-such-verb"))
