"""The socket on which a running supervisor takes an operator's commands; private to the home's owner.

A request is one line of JSON; the reply is one JSON line for each step, and a last one with `done` or `error`.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from operations.code_socket import prepare_folder, socket_path
from pilot.errors import PilotError

NAME = "supervisor.sock"
MOST_REQUEST_BYTES = 4096
REQUEST_SECONDS = 10.0
# A stopping edge, and a starting recogniser on a busy machine.
STEP_SECONDS = 300.0

Request = dict[str, Any]
Handler = Callable[[Request, Callable[[str], None]], Awaitable[None]]


class NotRunning(PilotError):
    """No supervisor runs on this home."""


class CommandFailed(PilotError):
    """The supervisor could not carry out a command."""


@asynccontextmanager
async def take_commands(run_folder: Path, handle: Handler) -> AsyncIterator[None]:
    """Serve the socket within a `with` block.

    Args:
        run_folder: The home's run folder.
        handle: Carries out a request, and reports its steps.
    """
    path = socket_path(run_folder, NAME)
    prepare_folder(path)
    path.unlink(missing_ok=True)  # Left by a supervisor that was killed; this one holds the home's lock.

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(line: Request) -> None:
            writer.write(json.dumps(line).encode() + b"\n")

        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                request = json.loads(await reader.readline())
            await handle(request, lambda text: say({"step": text}))
            say({"done": True})
        except PilotError as error:
            say({"error": error.what, "remedy": error.remedy})
        except (ValueError, KeyError, TypeError, AttributeError, TimeoutError):
            say({"error": "The request is not understood.", "remedy": "Use `pilot restart` and `pilot scale`."})
        finally:
            writer.close()

    server = await asyncio.start_unix_server(serve, path=path, limit=MOST_REQUEST_BYTES)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)


def command(run_folder: Path, request: Request) -> Iterator[str]:
    """Send a command to the supervisor of a home, and yield its steps as they happen.

    Raises:
        NotRunning: there is no supervisor.
        CommandFailed: it could not do it.
    """
    away = NotRunning("The pilot does not run on this home.", remedy="Start it: `pilot run`.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(STEP_SECONDS)
        try:
            client.connect(str(socket_path(run_folder, NAME)))
            client.sendall(json.dumps(request).encode() + b"\n")
            with client.makefile("r", encoding="utf-8") as lines:
                for line in lines:
                    reply = json.loads(line)
                    if "error" in reply:
                        raise CommandFailed(reply["error"], remedy=reply["remedy"])
                    if "done" in reply:
                        return
                    yield reply["step"]
        except TimeoutError:
            raise CommandFailed(
                f"No step for {STEP_SECONDS:g} s.", remedy="`pilot health` shows what is missing."
            ) from None
        except OSError:
            raise away from None
    raise CommandFailed("The supervisor ended meanwhile.", remedy="Start it: `pilot run`.")
