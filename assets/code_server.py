"""Dagster's code server, whose runs fork from a process that has imported the code.

    python -m assets.code_server -s SOCKET -d FOLDER

Dagster starts each run in a new Python, which spends more CPU seconds on imports than on a small rebuild. Python's own
fork server imports the code once, in a single thread, and forks from there.
"""

from __future__ import annotations

import multiprocessing
import sys
from multiprocessing.context import ForkServerContext

from assets.framework.event_log import reuse_connections

CODE = "assets.definitions"
# What every run needs besides: the holidays of all countries come with Sweden's.
PRELOADED = [CODE, "dagster._grpc.impl", "holidays.countries", "deltalake", "pyarrow"]


def run_context() -> ForkServerContext:
    """Return the context that starts the processes of runs."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def fork_runs() -> None:
    """Let the code server of this process fork its runs instead of spawning them."""
    from dagster._grpc import server

    class _Forking(server.DagsterApiServer):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)  # type: ignore[arg-type]
            self._mp_ctx = run_context()  # type: ignore[assignment]

    server.DagsterApiServer = _Forking  # type: ignore[misc]


def main() -> None:
    """Serve until a signal ends the process."""
    from dagster._cli.api import grpc_command

    fork_runs()
    reuse_connections()
    grpc_command.main(args=["--use-python-environment-entry-point", "-m", CODE, *sys.argv[1:]], prog_name="code-server")


if __name__ == "__main__":
    main()
