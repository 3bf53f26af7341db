"""A backup's archive: a tar whose last member lists all others with size and checksum."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from storage.errors import BackupDamaged
from storage.folders import PRIVATE_FILE, private_folder

INVENTORY = "inventory.json"
BLOCK_BYTES = 1024 * 1024


class ArchiveWriter:
    """Writes members in sequence; `finish` adds the inventory."""

    def __init__(self, target: BinaryIO) -> None:
        self._tar = tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - `finish` closes
        self.inventory: dict[str, dict[str, str | int]] = {}

    def add(self, name: str, content: bytes) -> None:
        """Add bytes as a member."""
        self._add(name, io.BytesIO(content), len(content))

    def add_file(self, name: str, path: Path) -> None:
        """Add a file; it must not change meanwhile.

        Raises:
            FileNotFoundError: it is gone; nothing was written.
        """
        with path.open("rb") as file:
            self._add(name, file, path.stat().st_size)

    def finish(self) -> None:
        """Write the inventory and end the archive."""
        body = json.dumps(self.inventory, indent=0, sort_keys=True).encode()
        self._add(INVENTORY, io.BytesIO(body), len(body))
        self._tar.close()

    def _add(self, name: str, source: BinaryIO, size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, PRIVATE_FILE
        hashed = _Hashed(source)
        self._tar.addfile(member, hashed)
        self.inventory[name] = {"bytes": size, "sha256": hashed.digest.hexdigest()}


class _Hashed:
    """A stream that computes the checksum of the bytes read from it."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        content = self._source.read(size)
        self.digest.update(content)
        return content


def read_archive(source: BinaryIO, *, put: Callable[[str, BinaryIO], None]) -> dict[str, dict[str, str | int]]:
    """Pass each member to `put`, validate all against the inventory, and return the inventory.

    Raises:
        BackupDamaged: a member is missing, changed or unknown, or the archive is cut off.
    """
    found: dict[str, dict[str, str | int]] = {}
    listed: dict[str, dict[str, str | int]] | None = None
    try:
        with tarfile.open(fileobj=source, mode="r|") as archive:
            for member in archive:
                body = archive.extractfile(member)
                if body is None or not _is_inside(member.name):
                    raise BackupDamaged("The backup has a member that no backup has.")
                if member.name == INVENTORY:
                    listed = json.loads(body.read())
                    continue
                hashed = _Hashed(body)  # type: ignore[arg-type]
                put(member.name, hashed)  # type: ignore[arg-type]
                while hashed.read(BLOCK_BYTES):  # bytes that `put` left unread
                    pass
                found[member.name] = {"bytes": member.size, "sha256": hashed.digest.hexdigest()}
        while source.read(BLOCK_BYTES):  # up to the sealed stream's own end, which is authenticated too
            pass
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise BackupDamaged(f"The backup's archive cannot be read ({type(error).__name__}).") from None
    if listed is None:
        raise BackupDamaged("The backup's archive is cut off: its inventory is missing.")
    if listed != found:
        wrong = sorted(name for name in listed.keys() | found.keys() if listed.get(name) != found.get(name))
        raise BackupDamaged(f"{len(wrong)} files of the backup are not those that were copied, first {wrong[0]}.")
    return found


def put_under(root: Path) -> Callable[[str, BinaryIO], None]:
    """Return a `put` that writes members into a folder, readable by nobody else."""

    def put(name: str, source: BinaryIO) -> None:
        path = root / name
        private_folder(path.parent)
        with path.open("xb") as file:
            path.chmod(PRIVATE_FILE)
            while content := source.read(BLOCK_BYTES):
                file.write(content)

    return put


def put_nowhere(name: str, source: BinaryIO) -> None:
    """Read a member and discard it, to check the archive."""
    while source.read(BLOCK_BYTES):
        pass


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts
