"""An operator's commands to a running pilot: restart in order, and the number of edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from operations.settings_reading import Reread, former_settings, with_settings
from operations.supervisor import Supervision
from operations.supervisor.control import CommandFailed
from operations.system import MOST_EDGES, System, edge_name, edge_replica, respecify


class Commands:
    """Carries out the requests of `operations.supervisor.control` on one run of the pilot."""

    def __init__(self, system: System, supervision: Supervision, *, reread: Reread | None = None) -> None:
        """Take the commands of one run.

        Args:
            system: The system as it was started.
            supervision: Its processes.
            reread: Reads the environment with the file of settings again; None leaves the settings of the start.
        """
        self._system = system
        self._supervision = supervision
        self._reread = reread

    async def __call__(self, request: dict[str, Any], report: Callable[[str], None]) -> None:
        """Carry out a request: {"do": "restart", "names": [...]}, {"do": "scale", "edge": N}.

        Raises:
            CommandFailed: a name is unknown, or the number is out of range.
            InvalidSettings: the settings are wrong now; nothing was stopped.
            NeedsStart: a setting changed that a restart cannot take; nothing was stopped.
            StartFailed: a process was not ready in time.
        """
        if request["do"] == "restart":
            await self._restart(list(request["names"]), report)
        elif request["do"] == "scale":
            await self._scale(int(request["edge"]), report)
        else:
            raise KeyError(request["do"])

    async def _restart(self, names: list[str], report: Callable[[str], None]) -> None:
        running = self._supervision.processes
        if unknown := [name for name in names if name not in running]:
            raise CommandFailed(
                f"There is no process {str(unknown[0])[:40]!r}.",
                remedy=f"Name one of {', '.join(running)}, or none for all.",
            )
        if self._reread is None:
            await self._supervision.restart(names or list(running), report=report)
            return
        system = with_settings(self._system, self._reread())
        specs = {name: respecify(system, process.spec) for name, process in running.items()}
        order = self._supervision.with_dependents(names or list(running))
        changed = former_settings((running[name].spec, specs[name]) for name in order)
        report(f"settings read again; changed: {', '.join(changed) or 'none'}")
        self._system = system
        await self._supervision.restart(names or list(running), report=report, specs=specs)
        for name, process in running.items():
            if former := former_settings([(process.spec, specs.get(name, process.spec))]):
                report(f"{name} still has the former {', '.join(former)}: restart it too")

    async def _scale(self, count: int, report: Callable[[str], None]) -> None:
        if not 1 <= count <= MOST_EDGES:
            raise CommandFailed(f"{count} edges cannot run.", remedy=f"Give 1 to {MOST_EDGES}.")
        running = [number for number in range(2, MOST_EDGES + 1) if edge_name(number) in self._supervision.processes]
        for number in range(2, count + 1):
            if number not in running:
                await self._supervision.add(edge_replica(self._system, number), report=report)
        for number in reversed(running):
            if number > count:
                await self._supervision.remove(edge_name(number), report=report)
