"""Whether this machine and the store can carry more edges."""

from __future__ import annotations

import json
from dataclasses import dataclass

import psutil

from operations.supervisor.supervision import RECORD_NAME
from operations.system import EDGE, MOST_EDGES, System, edge_name
from pilot.errors import PilotError

# Left for the system and the figures after the new edges have loaded their weights.
RESERVE_SHARE = 0.10
UNMEASURED_EDGE_BYTES = 1_300_000_000  # One edge with both languages' weights, if none runs to be measured.
MIB = 1024 * 1024


class CannotScale(PilotError):
    """More edges would bring the machine or the store down."""


@dataclass(frozen=True, slots=True)
class Room:
    """What is there and what is needed.

    Attributes:
        running: Edges that run.
        edge_bytes: Memory of one edge, measured on the first if it runs.
        available_bytes: Memory that is available now.
        total_bytes: Memory of the machine.
        cores: Processor cores.
    """

    running: int
    edge_bytes: int
    available_bytes: int
    total_bytes: int
    cores: int

    def left_after(self, edges: int) -> int:
        """Return the memory that is left with this many edges."""
        return self.available_bytes - max(0, edges - self.running) * self.edge_bytes

    @property
    def most(self) -> int:
        """Return the largest number of edges that the memory carries."""
        spare = self.available_bytes - RESERVE_SHARE * self.total_bytes
        return max(1, min(MOST_EDGES, self.running + int(spare // self.edge_bytes)))


def measure(system: System) -> Room:
    """Measure the machine and the edges that run."""
    try:
        record = json.loads((system.run_folder / RECORD_NAME).read_text(encoding="utf-8"))["processes"]
    except (OSError, ValueError, KeyError, TypeError):
        record = {}
    names = [edge_name(number) for number in range(1, MOST_EDGES + 1)]
    running = [name for name in names if name in record]
    memory = psutil.virtual_memory()
    edge = _memory_of(record[EDGE]) if EDGE in running else 0
    return Room(
        running=len(running),
        edge_bytes=edge or UNMEASURED_EDGE_BYTES,
        available_bytes=memory.available,
        total_bytes=memory.total,
        cores=psutil.cpu_count() or 1,
    )


def check(system: System, room: Room, *, edges: int, hosts: int) -> list[str]:
    """Check that this many edges can run; return what is still worth knowing.

    Raises:
        CannotScale: the number is out of range, the memory is short, or the store or landing belongs to one host.
    """
    settings = system.settings
    if not 1 <= edges <= MOST_EDGES:
        raise CannotScale(f"{edges} edges cannot run.", remedy=f"Give 1 to {MOST_EDGES}.")
    if hosts > 1:
        own = [
            name
            for name, url in (
                ("the store is SQLite (PILOT_STORE_URL)", settings.store_url),
                ("the landing is a folder (PILOT_LANDING_URL)", settings.landing_url),
                ("limits are not shared (PILOT_REDIS_URL)", settings.redis_url.get_secret_value()),
                ("the secret is in the home (PILOT_SECRET_KEY)", settings.secret_key.get_secret_value()),
            )
            if not url
        ]
        if own:
            raise CannotScale(
                f"Edges on {hosts} hosts cannot share this home: {'; '.join(own)}.",
                remedy="Move these off the host first: PostgreSQL, an S3 bucket, Redis and a shared key.",
            )
    left, reserve = room.left_after(edges), round(RESERVE_SHARE * room.total_bytes)
    if edges > room.running and left < reserve:
        raise CannotScale(
            f"{edges} edges would leave {left // MIB} MiB of memory; required: {reserve // MIB} MiB (one edge takes "
            f"{room.edge_bytes // MIB} MiB, {room.available_bytes // MIB} MiB are available).",
            remedy=f"Give at most {room.most}, or turn on text only: pilot fallback on --reason WHY",
        )
    notes = []
    if edges * settings.recogniser_threads > room.cores:
        notes.append(
            f"{edges} edges recognise on {edges * settings.recogniser_threads} cores and there are {room.cores}: more "
            "connections fit, not more speech."
        )
    if edges > 1 and not settings.redis_url.get_secret_value():
        notes.append("Without PILOT_REDIS_URL each edge counts its limits for itself.")
    return notes


def _memory_of(pid: int) -> int:
    try:
        process = psutil.Process(pid)
        return sum(each.memory_info().rss for each in [process, *process.children(recursive=True)])
    except psutil.Error:
        return 0
