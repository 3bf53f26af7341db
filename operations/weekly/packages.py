"""The system's packages: which updates wait, and whether the host must be restarted."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from operations.checks.finding import Finding, judged, not_applicable
from pilot.errors import PilotError

APT = "apt-get"
REBOOT_FLAG = Path("/var/run/reboot-required")
LIMIT_SECONDS = 900
SHOWN = 5
NAME = "system packages"
# Inst bash [5.2.15-2+b8] (5.2.15-2+b13 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64])
UPDATE = re.compile(r"^Inst (\S+) (?:\[(\S+)\] )?\((\S+) ([^\[)]*)")

Run = Callable[[tuple[str, ...]], str]


class PackagesRefused(PilotError):
    """The package tool failed, or needs more rights."""


@dataclass(frozen=True, slots=True)
class Update:
    """One package with a newer version.

    Attributes:
        package: Its name.
        installed: The installed version; empty for a new package.
        available: The newer version.
        for_security: Whether it comes from a security archive.
    """

    package: str
    installed: str
    available: str
    for_security: bool


def run_command(command: tuple[str, ...]) -> str:
    """Run a command of the package tool and return its output.

    Raises:
        PackagesRefused: it failed or exceeded its time limit.
    """
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise PackagesRefused(f"{command[0]} took longer than {LIMIT_SECONDS} s.", remedy="Run it by hand.") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise PackagesRefused(f"{' '.join(command)} failed: {last}", remedy="Run it by hand, as root.")
    return done.stdout


def parse_updates(simulation: str) -> list[Update]:
    """Return the updates that `apt-get -s` would install, those for security first."""
    found = [
        Update(read[1], read[2] or "", read[3], "security" in read[4].lower())
        for read in map(UPDATE.match, simulation.splitlines())
        if read
    ]
    return sorted(found, key=lambda each: (not each.for_security, each.package))


def update_packages(
    *,
    apply: bool,
    run: Run = run_command,
    is_root: bool | None = None,
    present: bool | None = None,
    reboot_flag: Path = REBOOT_FLAG,
) -> Finding:
    """List the updates that wait, and install them if wanted.

    Nothing is installed without `apply`: an update can stop a service, and belongs to a person who watches.

    Args:
        apply: Whether to install them; needs root.
        run: Runs a command; for tests.
        is_root: Whether this process may install; by default its own rights.
        present: Whether the host has the package tool; by default it is looked up.
        reboot_flag: The file that the system writes when a restart is needed.

    Raises:
        PackagesRefused: the tool failed.
    """
    if not (shutil.which(APT) is not None if present is None else present):
        return not_applicable(NAME, f"this host has no {APT}; update it by its own tool")
    root = os.geteuid() == 0 if is_root is None else is_root
    if apply and not root:
        raise PackagesRefused("Updates are installed by root only.", remedy="`sudo pilot weekly-maintenance --apply`.")
    if apply:
        run((APT, "-q", "update"))
    waiting = parse_updates(run((APT, "-s", "-q", "upgrade")))
    if apply and waiting:
        run((APT, "-y", "-q", "upgrade"))
        waiting = parse_updates(run((APT, "-s", "-q", "upgrade")))
    security = [each for each in waiting if each.for_security]
    reboot = reboot_flag.exists()
    names = ", ".join(each.package for each in security[:SHOWN])
    shown = f": {names}{', ...' if len(security) > SHOWN else ''}" if security else ""
    found = f"{len(waiting)} updates wait, {len(security)} for security{shown}; restart of the host "
    remedies = ["`sudo pilot weekly-maintenance --apply --only packages` installs them."] if security else []
    remedies += ["Restart the host in a planned window: `pilot maintenance on`."] if reboot else []
    return judged(
        NAME,
        ok=not security and not reboot,
        found=found + ("NEEDED" if reboot else "not needed"),
        required="no update for security, no restart",
        remedy="\n".join(remedies),
    )
