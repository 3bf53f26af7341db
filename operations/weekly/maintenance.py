"""Runs the weekly maintenance: announces it, silences alerts, runs the steps, and reports.

The result of each step is recorded as it ends. A run that died is continued: its steps that were well are not repeated.
"""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from operations.backup.cadence import last_opening
from operations.checks.finding import Finding
from operations.status_page.build import rebuild
from operations.system import RUN_FOLDER
from operations.weekly.due import FINISHED, STARTED
from operations.weekly.silence import Silence, begin_silence, end_silence
from operations.weekly.steps import REASON, Step
from pilot.errors import PilotError
from storage.folders import private_folder, write_atomically
from storage.home import Home
from storage.store import audit
from storage.store.incidents.public_status import clear_status, find_status, set_status

STEP = "weekly.step"
STATE_NAME = "weekly.json"
LOCK_NAME = "weekly.lock"
LONGEST = timedelta(hours=2)
SWEDISH = "Planerat underhåll pågår. Allt fungerar som vanligt."
ENGLISH = "Planned maintenance is under way. Everything works as usual."


class MaintenanceRuns(PilotError):
    """Another process runs the weekly maintenance."""

    def __init__(self) -> None:
        super().__init__(
            "The weekly maintenance already runs on this home.",
            remedy="Wait for its end; `pilot weekly-maintenance --status` shows its steps.",
            retryable=True,
        )


@dataclass(frozen=True, slots=True)
class StepResult:
    """The result of one step.

    Attributes:
        finding: What it found.
        seconds: How long it took.
        earlier: Whether it was done by a run that died, and not repeated.
    """

    finding: Finding
    seconds: float
    earlier: bool = False


def run_week(
    home: Home,
    steps: Sequence[Step],
    *,
    now: datetime,
    actor: str,
    report: Callable[[StepResult], None] = lambda _: None,
    timer: Callable[[], float] = time.monotonic,
) -> list[StepResult]:
    """Run the steps; a failing one stops no other.

    Args:
        home: The home.
        steps: The steps.
        now: The current time, UTC.
        actor: Who runs them, for the audit log.
        report: Called with each result.
        timer: Returns seconds; for tests.

    Raises:
        MaintenanceRuns: another process runs it.
        StoreAway: the store does not answer.
    """
    folder = private_folder(home.root / RUN_FOLDER)
    opening = last_opening("maintenance", now).isoformat()
    with _lock(folder):
        earlier = _unfinished(folder, opening)
        results: list[StepResult] = []
        with _quiet(home, folder, now=now, actor=actor):
            _record(home, actor=actor, action=STARTED, subject=opening, at=now, details={"continued": sorted(earlier)})
            for step in steps:
                result = earlier.get(step.name) or _timed(step, timer=timer)
                results.append(result)
                if not result.earlier:
                    _record(home, actor=actor, action=STEP, subject=step.name, at=now, details=_as_json(result))
                _write_state(folder, opening, steps, results, finished=False)
                report(result)
            bad = [each.finding.name for each in results if not each.finding.ok]
            _record(
                home, actor=actor, action=FINISHED, subject=opening, at=now,
                details={"passed": not bad, "failed": bad, "seconds": round(sum(each.seconds for each in results), 1)},
            )  # fmt: skip
        _write_state(folder, opening, steps, results, finished=True)
    return results


def read_state(home: Home) -> dict[str, Any]:
    """Return the state of the last run: its opening, steps, and whether it has ended; empty without one."""
    try:
        found = json.loads((home.root / RUN_FOLDER / STATE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def _quiet(home: Home, folder: Path, *, now: datetime, actor: str) -> Iterator[None]:
    """Announce the maintenance and silence alerts; take both back at the end, whatever happens."""
    store = home.store()
    begin_silence(folder, Silence(now, now + LONGEST, actor, REASON))
    own = find_status(store)
    if own is None:
        set_status(store, level="ok", text_sv=SWEDISH, text_en=ENGLISH, actor=actor, reason=REASON)
        rebuild(home)
    try:
        yield
    finally:
        end_silence(folder)
        said = find_status(store)
        if said is not None and said.text_sv == SWEDISH:  # Not what a person says since.
            clear_status(store, actor=actor, reason=REASON)
            rebuild(home)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    with (folder / LOCK_NAME).open("a+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise MaintenanceRuns from None
        yield


def _timed(step: Step, *, timer: Callable[[], float]) -> StepResult:
    begun = timer()
    try:
        finding = step.run()
    except PilotError as error:
        finding = Finding(step.name, "not_ok", error.what, remedy=error.remedy)
    except Exception as error:  # A step's fault must not keep the others from running.
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        finding = Finding(step.name, "not_ok", f"failed: {reason}", remedy=f"Run it alone: --only {step.name}.")
    return StepResult(finding, round(timer() - begun, 2))


def _unfinished(folder: Path, opening: str) -> dict[str, StepResult]:
    """Return the steps that were well in a run of the same week that did not end."""
    try:
        state = json.loads((folder / STATE_NAME).read_text(encoding="utf-8"))
        if state["opening"] != opening or state["finished"]:
            return {}
        found = {
            name: StepResult(Finding(**each["finding"]), float(each["seconds"]), earlier=True)
            for name, each in state["steps"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {name: result for name, result in found.items() if result.finding.ok}


def _write_state(
    folder: Path, opening: str, steps: Sequence[Step], results: Sequence[StepResult], *, finished: bool
) -> None:
    done = {step.name: _as_json(result) for step, result in zip(steps, results, strict=False)}
    write_atomically(
        folder / STATE_NAME, json.dumps({"opening": opening, "finished": finished, "steps": done}), durable=True
    )


def _as_json(result: StepResult) -> dict[str, Any]:
    finding = result.finding
    kept = {name: getattr(finding, name) for name in ("name", "state", "found", "required", "remedy")}
    return {"finding": kept, "seconds": result.seconds}


def _record(home: Home, *, actor: str, action: str, subject: str, at: datetime, details: dict[str, Any]) -> None:
    with home.store().begin() as connection:
        audit.record(connection, actor=actor, action=action, subject=subject, reason=REASON, at=at, details=details)
