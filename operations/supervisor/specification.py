"""What the supervisor needs to know about a process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from operations.supervisor.readiness import Readiness


@dataclass(frozen=True, slots=True)
class Port:
    """A port that a process listens on.

    Attributes:
        number: The port.
        setting: The setting that changes it, for the words when it is taken.
        host: The address it is bound to.
    """

    number: int
    setting: str
    host: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One supervised process.

    Attributes:
        name: Its name in words, logs and file names.
        command: Program and arguments.
        environment: Its whole environment.
        folder: Its working directory.
        ready: When it counts as ready.
        after: Names of the processes that must be ready before it starts, and that stop only after it has stopped.
        ports: Ports that must be free before it starts.
        niceness: 0 for what a customer waits for, higher for the rest.
        stop_seconds: How long it may take between SIGTERM and SIGKILL.
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


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """How a process that ended by itself is started again.

    Attributes:
        first_delay_seconds: Delay before the first restart; doubled each time.
        longest_delay_seconds: Upper bound of the delay.
        calm_seconds: A process that lived this long starts again from the first delay.
        loop_after: So many ends in a row, each sooner than `calm_seconds`, are a crash loop and told as one.
        start_attempts: So many ends before the process was ever ready make the start fail.
        ready_seconds: How long all processes together may take to become ready.
        late_notice_seconds: How often those that are late are named.
    """

    first_delay_seconds: float = 0.5
    longest_delay_seconds: float = 30.0
    calm_seconds: float = 60.0
    loop_after: int = 5
    start_attempts: int = 3
    ready_seconds: float = 180.0
    late_notice_seconds: float = 10.0

    def delay(self, ends_in_a_row: int) -> float:
        """Return the seconds to wait after so many ends in a row (1 or more)."""
        return min(self.first_delay_seconds * 2.0 ** (ends_in_a_row - 1), self.longest_delay_seconds)
