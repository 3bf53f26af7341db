"""Installs the engines that the tests use, through apt if permitted; else reports the missing ones.

Daemons among the packages are not started: the tests run each on a port of its own.
Never fails: a test whose engine is missing is not run, and `make test` names it in its closing lines.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")  # Debian asks it before it starts a daemon.


def chromium() -> bool:
    """Return whether a Chromium is on the path."""
    return any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))


def espeak() -> bool:
    """Return whether espeak-ng is on the path."""
    return shutil.which("espeak-ng") is not None


def postgresql() -> bool:
    """Return whether PostgreSQL's server binaries are installed by the system."""
    return any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb") is not None


def node() -> bool:
    """Return whether Node is on the path."""
    return shutil.which("node") is not None


def redis() -> bool:
    """Return whether Redis's server is on the path."""
    return shutil.which("redis-server") is not None


def program(name: str) -> Callable[[], bool]:
    """Return the question whether a program is on the path."""
    return lambda: shutil.which(name) is not None


ENGINES: dict[str, Callable[[], bool]] = {
    "chromium": chromium,
    "espeak-ng": espeak,
    "nodejs": node,
    "postgresql": postgresql,
    "prometheus": program("prometheus"),
    "prometheus-alertmanager": program("prometheus-alertmanager"),
    "prometheus-blackbox-exporter": program("prometheus-blackbox-exporter"),
    "prometheus-node-exporter": program("prometheus-node-exporter"),
    "redis-server": redis,
}


@contextmanager
def no_daemons(rights: list[str]) -> Iterator[None]:
    """Keep installed daemons from starting, by Debian's policy file; an existing one stays."""
    if POLICY.exists():
        yield
        return
    script = f"printf '#!/bin/sh\\nexit 101\\n' > {POLICY} && chmod 755 {POLICY}"
    subprocess.run([*rights, "sh", "-c", script], check=False)
    try:
        yield
    finally:
        subprocess.run([*rights, "rm", "-f", str(POLICY)], check=False)


def install(packages: list[str], *, apt: str, rights: list[str], environment: dict[str, str]) -> None:
    """Install packages; show the end of the output of a command that fails."""
    for command in (
        [*rights, apt, "-qq", "update"],
        [*rights, apt, "-qq", "install", "-y", "--no-install-recommends", *packages],
    ):
        done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            print(f"{' '.join(command)} failed:\n{done.stderr.strip()[-800:]}", flush=True)
            return


def main() -> None:
    """Install what is missing."""
    missing = [package for package, present in ENGINES.items() if not present()]
    if not missing:
        return
    apt = shutil.which("apt-get")
    rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if apt is None or (rights and subprocess.run([*rights, "true"], check=False, capture_output=True).returncode != 0):
        print(f"Not installed, and apt may not be used here: {', '.join(missing)}.", flush=True)
        return
    print(f"Installing for the tests: {', '.join(missing)} ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with no_daemons(rights):
        install(missing, apt=apt, rights=rights, environment=environment)


if __name__ == "__main__":
    main()
