"""Counts the troubles of the store's connections in this process, as Prometheus metrics."""

from __future__ import annotations

from typing import Literal, get_args

from prometheus_client import CollectorRegistry, Counter, Histogram

Trouble = Literal["connect_failed", "locked", "pool_exhausted", "slow_wait"]
SLOW_WAIT_SECONDS = 1.0
WAIT_EDGES_SECONDS = (0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10)
# How PostgreSQL's driver names an error of locks.
LOCK_ERRORS = ("LockNotAvailable", "DeadlockDetected", "SerializationFailure")
SQLITE_LOCKS = ("SQLITE_BUSY", "SQLITE_LOCKED")

REGISTRY = CollectorRegistry()
_TROUBLES = Counter(
    "pilot_store_troubles",
    "Failed connects, lock errors, exhausted pools and slow waits for a connection of the store.",
    ["kind"],
    registry=REGISTRY,
)
_WAITS = Histogram(
    "pilot_store_connection_wait_seconds",
    "From asking for a connection of the store to having it.",
    buckets=WAIT_EDGES_SECONDS,
    registry=REGISTRY,
)
for _kind in get_args(Trouble):
    _TROUBLES.labels(kind=_kind)  # A series that begins at 1 would hide its first increase.


def count_trouble(kind: Trouble) -> None:
    """Count one trouble."""
    _TROUBLES.labels(kind=kind).inc()


def time_wait(seconds: float) -> None:
    """Time the wait for a connection; a long one is a trouble too."""
    _WAITS.observe(seconds)
    if seconds > SLOW_WAIT_SECONDS:
        count_trouble("slow_wait")


def trouble_of(driver_error: str, *, sqlite_error: str) -> Trouble:
    """Return the kind of an error because of which the store did not answer.

    Args:
        driver_error: The class name of the driver's error.
        sqlite_error: SQLite's name of the error; empty for another engine.
    """
    is_lock = driver_error in LOCK_ERRORS or sqlite_error.startswith(SQLITE_LOCKS)
    return "locked" if is_lock else "connect_failed"
