"""Lists all files of a lake table, including those of old versions and dead writers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

import obstore
from obstore.exceptions import BaseError, NotFoundError

from storage.errors import LakeUnavailable


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file of a table.

    Attributes:
        path: Its path within the table's folder.
        modified: When it was written, UTC.
        size: Its bytes.
    """

    path: str
    modified: datetime
    size: int


class TableFiles(Protocol):
    """The files under one table's folder."""

    def list(self) -> list[TableFile]:
        """Return every file, including those that no version names."""

    def read(self, path: str) -> bytes:
        """Return a file's bytes."""

    def delete(self, path: str) -> None:
        """Delete a file, if it exists."""


def table_files(location: str) -> TableFiles:
    """Return the files under an address, `file://...` or `s3://...`."""
    if location.startswith("file://"):
        return FolderFiles(Path(unquote(location.removeprefix("file://"))))
    return ObjectFiles(location)


class FolderFiles:
    """A table's files in a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def list(self) -> list[TableFile]:
        """Return every file."""
        with _reachable():
            found = []
            for path in self._root.rglob("*"):
                with contextlib.suppress(FileNotFoundError):
                    if path.is_file():
                        status = path.stat()
                        modified = datetime.fromtimestamp(status.st_mtime, UTC)
                        found.append(TableFile(path.relative_to(self._root).as_posix(), modified, status.st_size))
            return sorted(found, key=lambda file: file.path)

    def read(self, path: str) -> bytes:
        """Return a file's bytes."""
        with _reachable():
            return (self._root / path).read_bytes()

    def delete(self, path: str) -> None:
        """Delete a file."""
        with _reachable():
            (self._root / path).unlink(missing_ok=True)


class ObjectFiles:
    """A table's files in an object store."""

    def __init__(self, location: str) -> None:
        with _reachable():
            self._store: Any = obstore.store.from_url(location, client_options={"allow_http": True})

    def list(self) -> list[TableFile]:
        """Return every file."""
        return sorted(self._each(), key=lambda file: file.path)

    def read(self, path: str) -> bytes:
        """Return a file's bytes."""
        with _reachable():
            return bytes(obstore.get(self._store, path).bytes())

    def delete(self, path: str) -> None:
        """Delete a file."""
        with _reachable(), contextlib.suppress(NotFoundError, FileNotFoundError):
            obstore.delete(self._store, path)

    def _each(self) -> Iterator[TableFile]:
        with _reachable():
            for page in obstore.list(self._store):
                for item in page:
                    yield TableFile(item["path"], item["last_modified"], item["size"])


@contextlib.contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        raise LakeUnavailable(
            f"Files of the lake cannot be reached ({type(error).__name__}).",
            remedy="Check the disk and PILOT_LAKE_URL.",
        ) from None
