"""Searches the files beside landing, lake and store (logs, records, Dagster) for guests' data.

None of them is meant to contain guests' words. Lines of logs and records that name an erased session are overwritten in
place, since their writers keep them open; all other files are only searched, and matches are reported.
"""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from storage.errors import StorageError

LINE_FOLDERS = (".logs", ".run")
# Searched elsewhere by row or line; weights are public.
OWN_SEARCH = ("landing", "lake", ".log", ".weights")
STORE_FILES = ("store.sqlite", "store.sqlite-wal", "store.sqlite-shm")
PIECE_CHARACTERS = 18  # Long enough to identify one guest, short enough that a page boundary cannot cut every piece.
BLOT = b"-"


class NotSearched(StorageError):
    """A file could not be searched."""


def pieces(text: str) -> list[str]:
    """Return a text's consecutive pieces of whole words, each long enough to identify the text.

    A text shorter than one piece is a piece only if it has two words or more: "yes" identifies nobody.
    """
    found: list[str] = []
    current = ""
    for word in text.split():
        current = f"{current} {word}".strip()
        if len(current) >= PIECE_CHARACTERS:
            found.append(current)
            current = ""
    if not found and " " in current:
        found.append(current)
    return found


def spellings(text: str) -> frozenset[bytes]:
    """Return the encodings of a text in files: UTF-8, UTF-16, escaped as JSON once and twice."""
    escaped = json.dumps(text)[1:-1]
    return frozenset(
        {
            text.encode(),
            text.encode("utf-16-le"),
            escaped.encode(),
            json.dumps(escaped)[1:-1].encode(),
            json.dumps(text, ensure_ascii=False)[1:-1].encode(),
        }
    )


def overwrite_lines(root: Path, marks: Collection[bytes]) -> int:
    """Overwrite the lines of logs and records that contain one of `marks`; return their number.

    Raises:
        NotSearched: a file cannot be changed.
    """
    blotted = 0
    for folder in LINE_FOLDERS:
        for path in _files(root / folder):
            try:
                blotted += _blot(path, marks)
            except FileNotFoundError:  # rotated away a moment ago; the next attempt searches again
                continue
            except OSError as error:
                raise NotSearched(f"{path} cannot be changed: {error.strerror}.", remedy="Check the disk.") from None
    return blotted


def search(root: Path, marks: Collection[bytes], *, leave_out: Collection[str] = OWN_SEARCH) -> list[str]:
    """Return the files in a folder that contain one of `marks`, as paths within it.

    Raises:
        NotSearched: a file cannot be read.
    """
    found = []
    for path in _files(root):
        inside = path.relative_to(root)
        if inside.parts[0] in leave_out:
            continue
        try:
            if contains_mark(path, marks):
                found.append(inside.as_posix())
        except FileNotFoundError:
            continue
        except OSError as error:
            raise NotSearched(f"{path} cannot be searched: {error.strerror}.", remedy="Check the disk.") from None
    return found


def contains_mark(path: Path, marks: Iterable[bytes]) -> bool:
    """Return whether a file contains one of `marks`."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return any(content.find(mark) >= 0 for mark in marks)


def _blot(path: Path, marks: Collection[bytes]) -> int:
    content = path.read_bytes()
    if not any(mark in content for mark in marks):
        return 0
    blotted = position = 0
    descriptor = os.open(path, os.O_WRONLY)
    try:
        for line in content.splitlines(keepends=True):
            if any(mark in line for mark in marks):
                words = line.rstrip(b"\r\n")
                # In place: the file's writer has it open.
                os.pwrite(descriptor, BLOT * len(words), position)
                blotted += 1
            position += len(line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return blotted


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
