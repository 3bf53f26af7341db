"""Serves the whole pilot, prepared and supervised, for `pilot run`, `pilot demo` and the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from operations import supervisor
from operations.backup.verified import check_verified
from operations.commands import Commands
from operations.preparation import prepare
from operations.settings_reading import Reread
from operations.stripe_fake import fake_record
from operations.supervisor import RestartPolicy, Supervision
from operations.supervisor.control import take_commands
from operations.system import System, processes
from storage.store.cafes.codes import Code


@dataclass(frozen=True, slots=True)
class Serving:
    """A running pilot.

    Attributes:
        system: The started system.
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
    report: Callable[[str], None] = print,
    reread: Reread | None = None,
) -> AsyncIterator[Serving]:
    """Prepare the home and run the processes within a `with` block.

    Args:
        system: From `operations.system.make_system`.
        only: Names of the processes to start; empty for all.
        policy: Restarts and deadlines.
        report: Called with messages for a person.
        reread: Reads the environment again before a restart; None leaves the settings of the start.

    Raises:
        NotVerified: the home was restored, and its data is not verified since.
        PilotError: something is missing, a port is taken, or a process did not become ready.
    """
    check_verified(system.home)
    specs = tuple(spec for spec in processes(system) if not only or spec.name in only)
    codes = prepare(system)
    fake = system.fake_stripe if any(spec.name == "fake-stripe" for spec in specs) else None
    async with supervisor.start(
        specs, run_folder=system.run_folder, logs=system.logs, policy=policy, report=report
    ) as supervision:
        commands = Commands(system, supervision, reread=reread)
        with fake_record(fake, folder=system.run_folder):
            async with take_commands(system.run_folder, commands):
                yield Serving(system=system, supervision=supervision, codes=tuple(codes))
