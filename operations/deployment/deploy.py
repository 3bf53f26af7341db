"""`pilot deploy`: build, migrate, replace, wait until healthy, try it, roll back if it fails."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from operations.deployment.compose import CommandFailed, Compose, Container
from pilot.errors import PilotError

IMAGE = "pilot:local"
PREVIOUS = "pilot:previous"
EDGE = "api-gateway"
POLL_SECONDS = 2.0
LOG_LINES = "15"
SERVING = ("running", "healthy")


class NotHealthy(PilotError):
    """Services were not healthy in time."""


@dataclass(slots=True)
class Record:
    """What of a deployment is done, so that it can be called again after a fault.

    Attributes:
        path: The file.
        version: The version that is being deployed.
        done: Its steps that are over.
    """

    path: Path
    version: str
    done: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path, *, version: str) -> Record:
        """Return the record of a version; empty if the last deployment was of another one."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            same = found["version"] == version and not found["over"]
            return cls(path, version, list(found["done"]) if same else [])
        except (OSError, ValueError, KeyError, TypeError):
            return cls(path, version)

    def write(self, *, over: bool = False) -> None:
        """Write the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps({"version": self.version, "done": self.done, "over": over}), encoding="utf-8")


class Deployment:
    """One deployment.

    Args:
        compose: The project.
        record: What is done already.
        image: The image's name, as the compose file has it.
        previous: The name under which the image before is kept.
        healthy_seconds: How long the services may take.
        smoke: Runs the smoke test; None to leave it out.
        report: Called with a line for a person.
        clock: A monotonic clock.
        sleep: Waits.
    """

    def __init__(
        self,
        compose: Compose,
        *,
        record: Record,
        report: Callable[[str], None],
        image: str = IMAGE,
        previous: str = PREVIOUS,
        healthy_seconds: float = 300.0,
        smoke: Callable[[], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._compose = compose
        self._record = record
        self._report = report
        self._image, self._previous = image, previous
        self._healthy_seconds = healthy_seconds
        self._smoke = smoke
        self._clock, self._sleep = clock, sleep

    def run(self) -> None:
        """Carry out every step that is not done; roll back if one after the build fails.

        Raises:
            PilotError: a step failed; what ran before runs again, unless nothing did.
        """
        self._step("build", self._build)
        try:
            self._step("migrate", self._migrate)
            self._step("edges", self._replace_edges)
            self._step("services", self._start_all)
            self._step("healthy", self.wait_until_healthy)
            if self._smoke is not None:
                self._step("smoke", self._smoke)
        except PilotError as fault:
            self._report(f"FAILED: {fault.what}")
            self._roll_back()
            raise
        self._record.write(over=True)

    def _step(self, name: str, work: Callable[[], None]) -> None:
        if name in self._record.done:
            self._report(f"{name:<10} done before")
            return
        began = self._clock()
        work()
        self._record.done.append(name)
        self._record.write()
        self._report(f"{name:<10} {self._clock() - began:.0f} s")

    def _build(self) -> None:
        if self._compose.docker("image", "ls", "--quiet", self._image).strip():
            self._compose.docker("tag", self._image, self._previous)
        self._compose.run("build")

    def _migrate(self) -> None:
        self._compose.run("up", "--detach", "--wait", "postgres", "redis")
        self._compose.run("run", "--rm", "--no-deps", "migrate")

    def _replace_edges(self) -> None:
        """Start new edges beside the old ones, and stop the old ones when the new ones are healthy."""
        old = self._edges()
        if not old:
            return
        for each in self._compose.containers():
            if each.service == EDGE and each.state != "running":  # Compose would start it instead of a new one.
                self._compose.docker("rm", "--force", each.name)
        self._compose.run("up", "--detach", "--no-deps", "--no-recreate", "--scale", f"{EDGE}={2 * len(old)}", EDGE)
        names = {each.name for each in old}
        # One that ends and starts again and again is running at times, and has no health yet.
        self._wait(
            lambda: [
                each
                for each in self._compose.containers()
                if each.service == EDGE and each.name not in names and (each.state, each.health) != SERVING
            ]
        )
        for each in old:  # Each hands its guests' pages to the others, and writes what it has recorded.
            self._compose.docker("stop", each.name)
            self._compose.docker("rm", each.name)

    def _start_all(self) -> None:
        count = max(1, len(self._edges()))
        self._compose.run("up", "--detach", "--no-build", "--scale", f"{EDGE}={count}", "--remove-orphans")

    def _edges(self) -> list[Container]:
        return [each for each in self._compose.containers() if each.service == EDGE and each.state == "running"]

    def wait_until_healthy(self) -> None:
        """Return once every service is healthy.

        Raises:
            NotHealthy: one was not in time; the text names it and shows the end of its log.
        """
        self._wait(lambda: [each for each in self._compose.containers() if not each.is_well])

    def _wait(self, late: Callable[[], list[Container]]) -> None:
        deadline = self._clock() + self._healthy_seconds
        while waiting := late():
            if self._clock() >= deadline:
                names = sorted({each.service for each in waiting})
                logs = "\n".join(self._compose.run("logs", "--tail", LOG_LINES, name) for name in names)
                raise NotHealthy(
                    f"Not healthy after {self._healthy_seconds:g} s: {', '.join(names)}.\n{logs}",
                    remedy="The log above says why. Mend it and call `pilot deploy` again.",
                )
            self._sleep(POLL_SECONDS)

    def _roll_back(self) -> None:
        """Start the images that ran before; the store stays, as migrations only add."""
        self._record.done.clear()
        self._record.write()
        if not self._compose.docker("image", "ls", "--quiet", self._previous).strip():
            self._report("There is no image before this one: nothing to roll back to.")
            return
        self._compose.docker("tag", self._previous, self._image)
        try:
            for each in self._compose.containers():
                if each.service == EDGE and not each.is_well:  # Of the new image; a well one serves meanwhile.
                    self._compose.docker("rm", "--force", each.name)
            self._start_all()
            self.wait_until_healthy()
        except (CommandFailed, NotHealthy) as fault:
            self._report(f"The images before do not run either: {fault.what}")
            return
        self._report("Rolled back: the images before run again.")
