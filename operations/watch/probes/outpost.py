"""The outpost: a second host that probes from outside and buffers results while the edge is away."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import structlog

from operations.watch.probes.delivery import MAX_BATCH_BYTES, rebase
from operations.watch.probes.pages import Page
from operations.watch.probes.prober import Prober
from operations.watch.probes.targets import public_targets
from pilot.errors import PilotError
from pilot.identifiers import identifier_time, new_identifier
from storage.folders import private_folder, write_atomically

PAGES_PATH = "/probes/pages"
RESULTS_PATH = "/probes/results"
BATCH_HEADER = "x-probe-batch"
PAGES_NAME = "pages.json"
SUFFIX = ".ndjson"
SET_ASIDE_SUFFIX = ".refused"  # Renamed back to `SUFFIX`, it is delivered again.
MAX_ROUNDS = 60  # In one request: half an hour's rounds after an outage.
MAX_REQUESTS = 100  # In one delivery; the rest waits for the next round.
REFUSED = (413, 422)  # Any other status may be temporary.

_log = structlog.get_logger("operations.watch")


class NothingToProbe(PilotError):
    """The edge was never reached, so the pages to probe are unknown."""


class Outpost:
    """One second host."""

    def __init__(
        self,
        base: str,
        *,
        token: str,
        folder: Path,
        client: httpx.Client,
        clock: Callable[[], datetime],
        name: str = "probe",
    ) -> None:
        """Initialise the outpost.

        Args:
            base: The pilot's address for this host.
            token: PILOT_PROBE_TOKEN of the edge.
            folder: The folder of undelivered rounds.
            client: Client for probes and deliveries.
            clock: Returns the current time, aware.
            name: This prober's name, beginning with probe; unique among second hosts.
        """
        self._base = base.rstrip("/")
        self._headers = {"authorization": f"Bearer {token}"}
        self._folder = private_folder(folder)
        self._client = client
        self._clock = clock
        self._name = name

    def round(self) -> int:
        """Probe once, save the results, deliver waiting rounds; return the number of rounds still waiting.

        Raises:
            NothingToProbe: the edge was never reached with this token.
        """
        plan = self._plan()
        pages = rebase([Page(**page) for page in plan["pages"]], base=self._base)
        prober = Prober(
            lambda: list(public_targets(pages, client=self._client)),
            every_seconds=int(plan["every_seconds"]),
            clock=self._clock,
            simulated=bool(plan["simulated"]),
            prober=self._name,
            shared=bool(plan.get("shared", False)),
        )
        events = prober()
        if events:
            kept = self._folder / f"{new_identifier(at=self._clock())}{SUFFIX}"
            write_atomically(kept, b"".join(event.line() for event in events))
        return self.deliver()

    def deliver(self) -> int:
        """Deliver waiting rounds, oldest first; return the number of rounds still waiting.

        A refused batch is halved until a single probe is refused, which is set aside: a probe of a removed café or of
        too long ago delays no other.
        """
        most = MAX_ROUNDS
        for _ in range(MAX_REQUESTS):
            waiting = self._waiting()
            if not waiting:
                break
            batch = _batch(waiting, most=most)
            headers = {**self._headers, BATCH_HEADER: batch[0].stem, "content-type": "application/x-ndjson"}
            body = b"".join(path.read_bytes() for path in batch)
            try:
                answer = self._client.post(self._base + RESULTS_PATH, content=body, headers=headers)
            except httpx.HTTPError as error:
                _log.warning("rounds wait", waiting=len(waiting), reason=type(error).__name__)
                break
            if answer.is_success:
                for path in batch:
                    path.unlink()
                most = min(MAX_ROUNDS, most * 2)
            elif answer.status_code not in REFUSED:
                _log.error("the edge does not accept rounds", waiting=len(waiting), status=answer.status_code)
                break
            elif len(batch) > 1:
                most = len(batch) // 2
            else:
                _halve(batch[0], status=answer.status_code)
        return len(self._waiting())

    def _waiting(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{SUFFIX}"))

    def _plan(self) -> dict[str, Any]:
        """Return the edge's plan of probes, or the last one while it is away."""
        kept = self._folder / PAGES_NAME
        try:
            answer = self._client.get(self._base + PAGES_PATH, headers=self._headers)
            if answer.is_success:
                plan: dict[str, Any] = answer.json()
                kept.write_text(json.dumps(plan), encoding="utf-8")
                return plan
            status = f"status {answer.status_code}"
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            status = type(error).__name__
        try:
            remembered: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            raise NothingToProbe(
                f"{self._base} did not answer with the pages to probe ({status}).",
                remedy="Start the edge with PILOT_PROBE_TOKEN set, and give this command the same token.",
            ) from None
        return remembered


def _batch(waiting: Sequence[Path], *, most: int) -> list[Path]:
    """Return the oldest rounds that fit in one request, at least one."""
    batch: list[Path] = []
    size = 0
    for path in waiting[:most]:
        size += path.stat().st_size
        if batch and size > MAX_BATCH_BYTES:
            break
        batch.append(path)
    return batch


def _halve(refused: Path, *, status: int) -> None:
    """Replace a refused round by its two halves in the queue; set a single probe aside."""
    lines = refused.read_bytes().splitlines(keepends=True)
    if len(lines) < 2:
        refused.replace(refused.with_suffix(SET_ASIDE_SUFFIX))
        _log.error("a probe is set aside", status=status, name=refused.stem)
        return
    middle, moment = len(lines) // 2, identifier_time(refused.stem)
    for half in (lines[:middle], lines[middle:]):
        kept = refused.with_name(f"{new_identifier(at=moment)}{SUFFIX}")
        write_atomically(kept, b"".join(half))
    # Unlink last: a probe delivered twice counts once.
    refused.unlink()
