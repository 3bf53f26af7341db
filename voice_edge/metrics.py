"""The edge's Prometheus metrics, in a registry of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from operations.monitoring.request_metrics import RequestMetrics
from voice_edge.hearing.recogniser_metrics import RecogniserCollector

if TYPE_CHECKING:
    from voice_edge.hearing.workload import RecogniserFigures

RESPONSE_EDGES_SECONDS = (0.1, 0.25, 0.35, 0.5, 0.6, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 5, 8, 18)
RECOGNITION_EDGES_SECONDS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8)
# Stripe sends within seconds, and retries for three days.
DELIVERY_EDGES_SECONDS = (1, 2, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400)
ACK_EDGES_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 4)


class Metrics:
    """The counters and timers of a replica; labels contain no identifier and no guest's words.

    Attributes:
        append_failed_at: When an append last failed after all retries, on the monotonic clock; None after a success.
        requests: Counts the requests for pages.
    """

    def __init__(self) -> None:
        self.append_failed_at: float | None = None
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)  # CPU seconds, memory and open files of this process.
        self.requests = RequestMetrics(registry)
        self._pending = Gauge("pilot_queue_pending", "Work that waits, by queue.", ["queue"], registry=registry)
        self._model_load = Gauge(
            "edge_model_load_seconds", "Duration of the last load of the language model.", registry=registry
        )
        self._model_loads = Counter(
            "edge_model_loads", "Loads of the language model, by outcome.", ["outcome"], registry=registry
        )
        for outcome in ("loaded", "failed"):
            self._model_loads.labels(outcome=outcome)
        self._sessions = Gauge("edge_sessions_open", "WebSocket connections open now.", registry=registry)
        self._talking = Gauge("edge_sessions_talking", "Sessions with a place at the recogniser.", registry=registry)
        self._tasks = Gauge("edge_tasks", "Tasks of the event loop.", registry=registry)
        self._openings = Counter("edge_openings", "Sessions opened, new or resumed.", ["kind"], registry=registry)
        self._closes = Counter("edge_closes", "Connections closed, by close code.", ["code"], registry=registry)
        self._cut_off = Counter("edge_pages_cut_off", "Pages cut off because they did not read.", registry=registry)
        self._events = Counter("edge_events_appended", "Events on the disk.", ["event"], registry=registry)
        self._failures = Counter("edge_append_failures", "Appends that failed.", registry=registry)
        self._ack = Histogram(
            "edge_append_seconds",
            "From an event to its record on the disk.",
            buckets=ACK_EDGES_SECONDS,
            registry=registry,
        )
        self._stages = Histogram(
            "edge_response_stage_seconds",
            "From the last voiced sample to a stage of the answer; shown is on the page's clock.",
            ["stage"],
            buckets=RESPONSE_EDGES_SECONDS,
            registry=registry,
        )
        self._recognition = Histogram(
            "edge_recognition_seconds",
            "Recognition of a turn, without its queue.",
            buckets=RECOGNITION_EDGES_SECONDS,
            registry=registry,
        )
        self._queued = Histogram(
            "edge_recognition_queue_seconds",
            "Queueing time of the recognitions of answered turns.",
            buckets=RECOGNITION_EDGES_SECONDS,
            registry=registry,
        )
        self._turns = Counter("edge_turns", "Turns by outcome.", ["outcome", "mode"], registry=registry)
        self._replies = Counter("edge_replies", "Replies by author.", ["author", "purpose"], registry=registry)
        self._instead = Counter(
            "edge_model_passed_over",
            "Replies by the script instead of the model, by reason.",
            ["reason"],
            registry=registry,
        )
        self._speculations = Counter(
            "edge_speculations", "Speculations at a soft end, by outcome.", ["outcome"], registry=registry
        )
        self._refused = Counter("edge_admissions_refused", "Talkers without a place.", ["at"], registry=registry)
        self._ignored = Counter("edge_ignored", "Ignored input, by kind.", ["kind"], registry=registry)
        self._faults = Counter("edge_protocol_faults", "Messages that broke the protocol.", registry=registry)
        self._receipts = Gauge("edge_receipts_waiting", "Receipts waiting for the store.", registry=registry)
        self._webhooks = Counter("edge_webhooks", "Webhooks by outcome.", ["outcome"], registry=registry)
        self._delivery = Histogram(
            "edge_webhook_delivery_seconds",
            "From an event's creation at the provider to its arrival.",
            buckets=DELIVERY_EDGES_SECONDS,
            registry=registry,
        )
        self._provider_events = Gauge(
            "edge_provider_events", "Provider events not processed yet, by state.", ["state"], registry=registry
        )
        self._provider_oldest = Gauge(
            "edge_provider_events_oldest_seconds",
            "Age of the oldest waiting provider event.",
            registry=registry,
        )
        self._webhook_answers = Histogram(
            "edge_webhook_answer_seconds",
            "From the arrival of a webhook to its response.",
            buckets=ACK_EDGES_SECONDS,
            registry=registry,
        )
        self._rest = Counter(
            "edge_rests", "Sessions finished without a WebSocket, by response code.", ["code"], registry=registry
        )

    def watch(
        self,
        *,
        sessions: Callable[[], int],
        talking: Callable[[], int],
        receipts: Callable[[], int],
        recogniser: Callable[[], RecogniserFigures] | None,
    ) -> None:
        """Read these gauges from their sources at every scrape."""
        self._sessions.set_function(lambda: float(sessions()))
        self._talking.set_function(lambda: float(talking()))
        self._receipts.set_function(lambda: float(receipts()))
        self._tasks.set_function(lambda: float(_tasks()))
        self._pending.labels(queue="receipts").set_function(lambda: float(receipts()))
        if recogniser is not None:
            self.registry.register(RecogniserCollector(recogniser))
            self._pending.labels(queue="recogniser").set_function(lambda: float(recogniser().queue_depth))

    def count_opening(self, *, resumed: bool) -> None:
        """Count a session that a connection opened or resumed."""
        self._openings.labels(kind="resumed" if resumed else "new").inc()

    def count_close(self, code: int, *, cut_off: bool = False) -> None:
        """Count a closed connection, and whether it was cut because the page did not read."""
        self._closes.labels(code=str(code)).inc()
        if cut_off:
            self._cut_off.inc()

    def count_append(self, event: str, *, seconds: float) -> None:
        """Count an event that is on the disk, and time its append."""
        self.append_failed_at = None
        self._events.labels(event=event).inc()
        self._ack.observe(seconds)

    def count_failed_append(self) -> None:
        """Count a failed append, which is retried."""
        self._failures.inc()

    def record_append_failure(self, *, at: float) -> None:
        """Record the time of an append that failed after all retries."""
        self.append_failed_at = at

    def time_stage(self, stage: str, *, ms: float | None) -> None:
        """Time a stage of a reply; None is ignored."""
        if ms is not None:
            self._stages.labels(stage=stage).observe(ms / 1000)

    def time_recognition(self, seconds: float) -> None:
        """Time a recognition of a turn."""
        self._recognition.observe(seconds)

    def time_queueing(self, seconds: float) -> None:
        """Time the queueing of a turn's recognition."""
        self._queued.observe(seconds)

    def count_turn(self, outcome: str, *, mode: str) -> None:
        """Count a turn by its outcome."""
        self._turns.labels(outcome=outcome, mode=mode).inc()

    def count_reply(self, author: str, *, purpose: str, instead_of_model: str = "") -> None:
        """Count a reply, and why the script gave it instead of the model."""
        self._replies.labels(author=author, purpose=purpose).inc()
        if instead_of_model:
            self._instead.labels(reason=instead_of_model).inc()

    def count_speculation(self, outcome: str) -> None:
        """Count a speculation as used or discarded."""
        self._speculations.labels(outcome=outcome).inc()

    def count_refusal(self, at: str) -> None:
        """Count a refusal of a place at the recogniser: at the microphone, or after a turn."""
        self._refused.labels(at=at).inc()

    def count_rest(self, code: str) -> None:
        """Count a request for the rest of a session, by its response."""
        self._rest.labels(code=code).inc()

    def count_webhook(self, outcome: str, *, seconds: float | None = None) -> None:
        """Count a webhook, and time its delivery if it was saved."""
        self._webhooks.labels(outcome=outcome).inc()
        if seconds is not None:
            self._delivery.observe(max(0.0, seconds))

    def set_provider_events(self, *, waiting: int, failed: int, oldest_seconds: float) -> None:
        """Set the number and age of unprocessed provider events."""
        self._provider_events.labels(state="waiting").set(waiting)
        self._provider_events.labels(state="failed").set(failed)
        self._provider_oldest.set(oldest_seconds)
        self._pending.labels(queue="provider_events").set(waiting)

    def time_webhook(self, seconds: float) -> None:
        """Time the response to a saved webhook."""
        self._webhook_answers.observe(seconds)

    def count_model_load(self, seconds: float | None) -> None:
        """Time a load of the language model; None if it failed."""
        self._model_loads.labels(outcome="failed" if seconds is None else "loaded").inc()
        if seconds is not None:
            self._model_load.set(seconds)

    def count_ignored(self, kind: str, *, number: int = 1) -> None:
        """Count ignored input by kind."""
        self._ignored.labels(kind=kind).inc(number)

    def count_fault(self) -> None:
        """Count a message that broke the protocol."""
        self._faults.inc()

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)


def _tasks() -> int:
    """Return the event loop's number of tasks; 0 in a thread without a loop."""
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:
        return 0
