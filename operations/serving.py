"""Serving: the whole pilot, prepared and supervised, for `pilot run`, `pilot demo` and the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from operations import supervisor
from operations.preparation import prepare
from operations.stripe_fake import recorded
from operations.supervisor import RestartPolicy, Supervision
from operations.system import System, processes
from storage.store.cafes.codes import Code


@dataclass(frozen=True, slots=True)
class Serving:
    """A running pilot.

    Attributes:
        system: What was started.
        supervision: Its processes.
        codes: The cafés' active codes.
    """

    system: System
    supervision: Supervision
    codes: tuple[Code, ...]


@asynccontextmanager
async def serve(
    system: System,
    *,
    only: tuple[str, ...] = (),
    policy: RestartPolicy = RestartPolicy(),  # noqa: B008 - frozen
    tell: Callable[[str], None] = print,
) -> AsyncIterator[Serving]:
    """Prepare the home, start the processes, and stop them at the end of the `with` block.

    Args:
        system: From `operations.system.make_system`.
        only: Names of the processes to start; empty for all.
        policy: Restarts and deadlines.
        tell: Called with words for a person.

    Raises:
        PilotError: something is missing, a port is taken, or a process did not become ready.
    """
    specs = tuple(spec for spec in processes(system) if not only or spec.name in only)
    codes = prepare(system)
    fake = system.fake_stripe if any(spec.name == "fake-stripe" for spec in specs) else None
    async with supervisor.start(
        specs, run_folder=system.run_folder, logs=system.logs, policy=policy, tell=tell
    ) as supervision:
        with recorded(fake, folder=system.run_folder):
            yield Serving(system=system, supervision=supervision, codes=tuple(codes))
