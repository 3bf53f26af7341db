"""Runs checks at once, each within its own time limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from operations.checks.finding import Finding
from pilot.errors import PilotError

LIMIT_SECONDS = 8.0


class UnknownCheck(PilotError):
    """No check has this name."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        name: Its name, for `--only`.
        run: Returns its finding; may raise a PilotError or an OSError.
        limit_seconds: Its time limit; a check that exceeds it is not ok.
    """

    name: str
    run: Callable[[], Finding]
    limit_seconds: float = LIMIT_SECONDS


def choose(checks: Sequence[Check], only: Iterable[str]) -> list[Check]:
    """Return the checks named in `only`, in their own order; all if none is named.

    Raises:
        UnknownCheck: a name is unknown.
    """
    wanted = {name for each in only for name in each.replace(" ", "").split(",") if name}
    if unknown := sorted(wanted - {check.name for check in checks}):
        known = ", ".join(check.name for check in checks)
        raise UnknownCheck(f"There is no check {', '.join(unknown)}.", remedy=f"The checks are: {known}.")
    return [check for check in checks if not wanted or check.name in wanted]


def run_checks(checks: Sequence[Check], *, clock: Callable[[], float] = time.monotonic) -> list[Finding]:
    """Run every check in a thread of its own; return the findings in order.

    Threads that exceed their limit are abandoned: they are daemons and end with the program.
    """
    begun = clock()
    running = [(check, _start(check)) for check in checks]
    return [_finding(check, future, left=check.limit_seconds - (clock() - begun)) for check, future in running]


def _start(check: Check) -> Future[Finding]:
    future: Future[Finding] = Future()

    def run() -> None:
        try:
            future.set_result(check.run())
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=run, name=f"check {check.name}", daemon=True).start()
    return future


def _finding(check: Check, future: Future[Finding], *, left: float) -> Finding:
    try:
        return future.result(max(left, 0.0))
    except TimeoutError:
        return Finding(
            check.name,
            "not_ok",
            f"no answer within {check.limit_seconds:g} s",
            remedy=f"Try it by itself: --only {check.name}.",
        )
    except PilotError as error:
        return Finding(check.name, "not_ok", error.what, remedy=error.remedy)
    except Exception as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        return Finding(check.name, "not_ok", f"cannot be checked: {reason}", remedy="`pilot --debug` shows where.")
