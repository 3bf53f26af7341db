"""The Unix socket of Dagster's code server, in a folder that only its owner can enter.

Whoever reaches the code server can run code or end it. A web page and another user can reach a port on loopback, but
not this socket.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from pilot.errors import PilotError

NAME = "code-server.sock"
MAX_PATH_BYTES = 100  # The kernel's limit is 108 with the final zero; macOS allows 104.


class UnsafeFolder(PilotError):
    """The socket's folder belongs to another user, or others can enter it."""


def socket_path(run_folder: Path, name: str = NAME) -> Path:
    """Return a socket's path: in the run folder, or in a temporary folder if that path is too long."""
    path = run_folder.absolute() / name
    if len(os.fsencode(path)) <= MAX_PATH_BYTES:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"pilot-{os.getuid()}-{digest}" / name


def prepare_folder(path: Path) -> None:
    """Create the socket's folder, private to its owner.

    Raises:
        UnsafeFolder: it is a link, belongs to another user, or others can enter it and it cannot be closed.
    """
    folder = path.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise UnsafeFolder(
            f"{folder} is not a folder of this user, so the code server's socket would not be private in it.",
            remedy="Remove it, or set TMPDIR or a shorter PILOT_HOME, and start again.",
        )
    folder.chmod(0o700)
