"""The specification of a supervised process, and the policy for restarts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from operations.monitoring.targets import Target
from operations.supervisor.readiness import Readiness


@dataclass(frozen=True, slots=True)
class Port:
    """A port that a process listens on.

    Attributes:
        number: The port.
        setting: The setting that changes it, for the error message.
        host: The address that it is bound to.
    """

    number: int
    setting: str
    host: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One supervised process.

    Attributes:
        name: Its name in messages, logs and file names.
        command: Program and arguments.
        environment: Its complete environment.
        folder: Its working directory.
        ready: The condition for being ready.
        after: Names of its dependencies: they must be ready before it starts, and stop only after it has stopped.
        ports: Ports that must be free before it starts.
        niceness: 0 if a customer waits for it, higher otherwise.
        stop_seconds: Time between SIGTERM and SIGKILL.
        metrics: Where it answers Prometheus; None if it does not.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    ready: Readiness
    after: tuple[str, ...] = ()
    ports: tuple[Port, ...] = field(default=())
    niceness: int = 0
    stop_seconds: float = 5.0
    metrics: Target | None = None


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """When and how often to restart a process that ended by itself.

    Attributes:
        first_delay_seconds: Delay before the first restart; doubled each time.
        longest_delay_seconds: Upper bound of the delay.
        calm_seconds: Lifetime after which the delay is reset.
        loop_after: Ends in a row, each sooner than `calm_seconds`, that count as a crash loop and are reported once.
        start_attempts: Ends before a process was ever ready that make the start fail.
        ready_seconds: Deadline for all processes to be ready.
        late_notice_seconds: Interval between reports of the processes that are not ready.
    """

    first_delay_seconds: float = 0.5
    longest_delay_seconds: float = 30.0
    calm_seconds: float = 60.0
    loop_after: int = 5
    start_attempts: int = 3
    ready_seconds: float = 180.0
    late_notice_seconds: float = 10.0

    def delay(self, ends_in_a_row: int) -> float:
        """Return the delay in seconds after `ends_in_a_row` ends (1 or more)."""
        return min(self.first_delay_seconds * 2.0 ** (ends_in_a_row - 1), self.longest_delay_seconds)
