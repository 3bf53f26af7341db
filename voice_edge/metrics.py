"""The edge's figures for Prometheus, in a registry of their own."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

RESPONSE_EDGES_SECONDS = (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5)
ACK_EDGES_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1)


class Metrics:
    """What the replica counts and times; labels hold no identifier and no words."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._sessions = Gauge("edge_sessions_open", "WebSocket sessions open now.", registry=self.registry)
        self._closes = Counter("edge_closes", "Connections closed, by close code.", ["code"], registry=self.registry)
        self._queue = Gauge("edge_recogniser_queue_depth", "Recognitions waiting.", registry=self.registry)
        self._events = Counter("edge_events_appended", "Events on the disk.", ["event"], registry=self.registry)
        self._failures = Counter("edge_append_failures", "Appends that failed.", registry=self.registry)
        self._ack = Histogram(
            "edge_append_seconds",
            "From an event to its place on the disk.",
            buckets=ACK_EDGES_SECONDS,
            registry=self.registry,
        )
        self._stages = Histogram(
            "edge_response_stage_seconds",
            "From the last voiced sample to a stage of the answer; shown is on the page's clock.",
            ["stage"],
            buckets=RESPONSE_EDGES_SECONDS,
            registry=self.registry,
        )
        self._turns = Counter("edge_turns", "Turns by how they ended.", ["outcome", "mode"], registry=self.registry)
        self._ignored = Counter("edge_ignored", "What was ignored, by kind.", ["kind"], registry=self.registry)
        self._faults = Counter("edge_protocol_faults", "Messages that broke the protocol.", registry=self.registry)
        self._receipts = Gauge("edge_receipts_waiting", "Receipts that wait for the store.", registry=self.registry)

    def watch(self, *, sessions: Callable[[], int], queue: Callable[[], int], receipts: Callable[[], int]) -> None:
        """Read these figures from their owners whenever the metrics are asked for."""
        self._sessions.set_function(lambda: float(sessions()))
        self._queue.set_function(lambda: float(queue()))
        self._receipts.set_function(lambda: float(receipts()))

    def closed(self, code: int) -> None:
        """Count a closed connection."""
        self._closes.labels(code=str(code)).inc()

    def appended(self, event: str, *, seconds: float) -> None:
        """Count an event that is on the disk, and how long that took."""
        self._events.labels(event=event).inc()
        self._ack.observe(seconds)

    def append_failed(self) -> None:
        """Count an append that failed."""
        self._failures.inc()

    def stage(self, stage: str, *, ms: float | None) -> None:
        """Time a stage of an answer; None is not a time."""
        if ms is not None:
            self._stages.labels(stage=stage).observe(ms / 1000)

    def turn(self, outcome: str, *, mode: str) -> None:
        """Count how a turn ended."""
        self._turns.labels(outcome=outcome, mode=mode).inc()

    def ignored(self, kind: str, *, number: int = 1) -> None:
        """Count what was ignored."""
        self._ignored.labels(kind=kind).inc(number)

    def fault(self) -> None:
        """Count a message that broke the protocol."""
        self._faults.inc()

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)
