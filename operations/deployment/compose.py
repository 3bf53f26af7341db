"""Docker Compose as the deployment uses it: a few commands, and what they answer."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pilot.errors import PilotError

STAGING_FILE = "docker-compose.staging.yml"
IMAGES_FILE = Path("deploy/images.env")
# Services whose images have no program for a check; every other one must say that it is healthy.
UNCHECKED = frozenset({"prometheus", "alertmanager", "blackbox", "node-exporter", "grafana", "loki", "alloy"})
LONGEST_SECONDS = 3600
MOST_OUTPUT = 1500


class CommandFailed(PilotError):
    """A command of Docker failed."""


@dataclass(frozen=True, slots=True)
class Container:
    """One container of the project.

    Attributes:
        name: Its name.
        service: Its service.
        state: running, exited, ...
        health: healthy, unhealthy, starting; empty without a check, and at times while it starts.
        exit_code: Its exit code, if it ended.
    """

    name: str
    service: str
    state: str
    health: str
    exit_code: int = 0

    @property
    def is_well(self) -> bool:
        """Return whether it does what it must: it is healthy, or a one-shot step that ended well."""
        if self.state == "exited":
            return self.exit_code == 0
        return self.state == "running" and (self.health == "healthy" or self.service in UNCHECKED)


class Docker(Protocol):
    """Runs docker."""

    def __call__(self, arguments: Sequence[str]) -> str:
        """Run docker with arguments and return its output.

        Raises:
            CommandFailed: it failed.
        """
        ...


class Compose:
    """The project of one compose file."""

    def __init__(self, docker: Docker, *, env_file: Path, images: Path, project: str = "", file: str = "") -> None:
        self._docker = docker
        files = [part for each in (images, env_file) if each.is_file() for part in ("--env-file", str(each))]
        named = ("--project-name", project) if project else ()
        self._where = ("compose", *named, *files, "--file", file or STAGING_FILE)

    def run(self, *arguments: str) -> str:
        """Run a command of docker compose."""
        return self._docker((*self._where, *arguments))

    def docker(self, *arguments: str) -> str:
        """Run a command of docker itself."""
        return self._docker(arguments)

    def containers(self) -> list[Container]:
        """Return every container of the project, those that ended included."""
        listed = (json.loads(line) for line in self.run("ps", "--all", "--format", "json").splitlines() if line.strip())
        return [
            Container(
                name=str(each["Name"]),
                service=str(each["Service"]),
                state=str(each["State"]),
                health=str(each.get("Health", "")),
                exit_code=int(each.get("ExitCode", 0)),
            )
            for each in listed
        ]


def run_docker(arguments: Sequence[str]) -> str:
    """Run docker in the working directory.

    Raises:
        CommandFailed: it is not installed, failed, or took too long.
    """
    shown = f"docker {' '.join(arguments)}"
    try:
        done = subprocess.run(
            ("docker", *arguments), capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
        )
    except OSError:
        raise CommandFailed("docker is not installed.", remedy="See docs/operations/deploy.md, step 1.") from None
    except subprocess.TimeoutExpired:
        raise CommandFailed(f"`{shown}` is not over after {LONGEST_SECONDS} s.", remedy="Look at the host.") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-MOST_OUTPUT:]
        raise CommandFailed(f"`{shown}` failed:\n{said}\n", remedy="Mend it and call `pilot deploy` again.")
    return done.stdout
