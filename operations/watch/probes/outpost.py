"""The second host: looks from outside, keeps what it saw while the edge is away, and delivers it later."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import structlog

from operations.watch.probes.delivery import MOST_BYTES, rebased
from operations.watch.probes.pages import Page
from operations.watch.probes.prober import Prober
from operations.watch.probes.targets import outside
from pilot.errors import PilotError
from pilot.identifiers import identifier_time, new_identifier
from storage.folders import private_folder, write_atomically

PAGES_PATH = "/probes/pages"
RESULTS_PATH = "/probes/results"
BATCH_HEADER = "x-probe-batch"
PAGES_NAME = "pages.json"
SUFFIX = ".ndjson"
SET_ASIDE_SUFFIX = ".refused"  # given back its own suffix, it is delivered again
ROUNDS_A_BATCH = 60  # half an hour's rounds in one delivery after an outage
REQUESTS_A_DELIVERY = 100  # the rest waits until the next round: looking comes first
REFUSED = (413, 422)  # anything else may pass by itself

_log = structlog.get_logger("operations.watch")


class NothingToProbe(PilotError):
    """The edge was never reached, so what to look at is not known."""


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
        """Take where to look and where to keep.

        Args:
            base: The pilot's address as this host reaches it.
            token: PILOT_PROBE_TOKEN of the edge.
            folder: Where undelivered rounds are kept.
            client: For both looking and delivering.
            clock: Now, aware.
            name: This prober's name, beginning with probe; unique among second hosts.
        """
        self._base = base.rstrip("/")
        self._headers = {"authorization": f"Bearer {token}"}
        self._folder = private_folder(folder)
        self._client = client
        self._clock = clock
        self._name = name

    def round(self) -> int:
        """Look once, keep what was seen, deliver what waits; return how many rounds still wait.

        Raises:
            NothingToProbe: the edge was never reached with this token.
        """
        known = self._known()
        pages = rebased([Page(**page) for page in known["pages"]], base=self._base)
        looking = Prober(
            lambda: list(outside(pages, client=self._client)),
            every_seconds=int(known["every_seconds"]),
            clock=self._clock,
            simulated=bool(known["simulated"]),
            prober=self._name,
        )
        events = looking()
        if events:
            kept = self._folder / f"{new_identifier(at=self._clock())}{SUFFIX}"
            write_atomically(kept, b"".join(event.line() for event in events))
        return self.deliver()

    def deliver(self) -> int:
        """Hand over what waits, oldest first; return how many rounds still wait.

        What the edge refuses is halved until what it refuses stands alone, and that is set aside: one line that it
        never takes, of a café that is gone or of too long ago, holds nothing else up.
        """
        most = ROUNDS_A_BATCH
        for _ in range(REQUESTS_A_DELIVERY):
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
                most = min(ROUNDS_A_BATCH, most * 2)
            elif answer.status_code not in REFUSED:
                _log.error("rounds are not taken", waiting=len(waiting), status=answer.status_code)
                break
            elif len(batch) > 1:
                most = len(batch) // 2
            else:
                _halve(batch[0], status=answer.status_code)
        return len(self._waiting())

    def _waiting(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{SUFFIX}"))

    def _known(self) -> dict[str, Any]:
        """Return what to look at: the edge's own answer, or the last one while it is away."""
        kept = self._folder / PAGES_NAME
        try:
            answer = self._client.get(self._base + PAGES_PATH, headers=self._headers)
            if answer.is_success:
                found: dict[str, Any] = answer.json()
                kept.write_text(json.dumps(found), encoding="utf-8")
                return found
            status = f"status {answer.status_code}"
        except (httpx.HTTPError, ValueError) as error:
            status = type(error).__name__
        try:
            remembered: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise NothingToProbe(
                f"{self._base} did not say what to look at ({status}).",
                remedy="Start the edge with PILOT_PROBE_TOKEN set, and give this command the same token.",
            ) from None
        return remembered


def _batch(waiting: Sequence[Path], *, most: int) -> list[Path]:
    """Return the first of what waits, as much as the edge takes at once; one at least."""
    batch: list[Path] = []
    size = 0
    for path in waiting[:most]:
        size += path.stat().st_size
        if batch and size > MOST_BYTES:
            break
        batch.append(path)
    return batch


def _halve(refused: Path, *, status: int) -> None:
    """Put two halves in a refused round's place in the queue; set a probe that is alone aside."""
    lines = refused.read_bytes().splitlines(keepends=True)
    if len(lines) < 2:
        refused.replace(refused.with_suffix(SET_ASIDE_SUFFIX))
        _log.error("a probe is set aside", status=status, name=refused.stem)
        return
    middle, moment = len(lines) // 2, identifier_time(refused.stem)
    for half in (lines[:middle], lines[middle:]):
        kept = refused.with_name(f"{new_identifier(at=moment)}{SUFFIX}")
        write_atomically(kept, b"".join(half))
    # Last: what comes twice counts once.
    refused.unlink()
