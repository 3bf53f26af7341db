"""Searches a folder for byte strings: raw bytes, Parquet columns, database rows, archive members.

Compression hides text from a search of raw bytes, so content is decoded as far as possible.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import sqlite3
import tarfile
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import polars as pl
import pyarrow as pa

PARQUET = b"PAR1"
SQLITE = b"SQLite format 3\x00"
GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
ZIP = b"PK\x03\x04"


def find_everywhere(
    root: Path, marks: Mapping[str, Collection[bytes]], *, leave_out: Collection[str] = ()
) -> dict[str, list[str]]:
    """Return the places of each mark, as paths within the folder; archive members follow a `!`.

    Args:
        root: The folder.
        marks: Byte strings by a name that is safe to show.
        leave_out: First parts of paths to skip, for example public weights.
    """
    found: dict[str, list[str]] = {name: [] for name in marks}
    for path in sorted(each for each in root.rglob("*") if each.is_file() and not each.is_symlink()):
        inside = path.relative_to(root)
        if inside.parts[0] in leave_out:
            continue
        for place, content in _layers(inside.as_posix(), path.read_bytes(), path=path):
            for name, spelled in marks.items():
                if place not in found[name] and any(mark in content for mark in spelled):
                    found[name].append(place)
    return found


def _layers(place: str, content: bytes, *, path: Path | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield a file's bytes and all their decoded forms."""
    yield place, place.encode() + b"\n" + content
    if content.startswith(PARQUET):
        yield place, _columns(content)
    elif content.startswith(SQLITE):
        yield place, _rows(content, path=path)
    elif content.startswith(GZIP):
        with contextlib.suppress(OSError, EOFError, zlib.error):
            yield from _layers(f"{place}!gz", gzip.decompress(content))
    elif content.startswith(ZSTD):
        with contextlib.suppress(OSError), pa.input_stream(pa.BufferReader(content), compression="zstd") as stream:
            yield from _layers(f"{place}!zst", stream.read())
    elif content.startswith(ZIP):
        with contextlib.suppress(zipfile.BadZipFile, OSError), zipfile.ZipFile(io.BytesIO(content)) as zipped:
            for inside in zipped.namelist():
                yield from _layers(f"{place}!{inside}", zipped.read(inside))
    elif place.endswith(".tar"):
        with contextlib.suppress(tarfile.TarError), tarfile.open(fileobj=io.BytesIO(content)) as archive:
            for member in archive:
                body = archive.extractfile(member)
                if body is not None:
                    yield from _layers(f"{place}!{member.name}", body.read())


def _columns(content: bytes) -> bytes:
    """Return all text of a Parquet file's columns, nested ones included."""
    try:
        frame = pl.read_parquet(io.BytesIO(content))
    except pl.exceptions.PolarsError:
        return b""
    return frame.write_json().encode() + b"\n" + _plain(frame)


def _plain(frame: pl.DataFrame) -> bytes:
    texts: list[str] = []
    for column in frame.iter_columns():
        if column.dtype == pl.String:
            texts.extend(each for each in column.to_list() if each is not None)
        else:
            texts.extend(str(each) for each in column.to_list() if each is not None)
    return "\n".join(texts).encode()


def _rows(content: bytes, *, path: Path | None) -> bytes:
    """Return every value of a database's rows; its pages are searched as bytes."""
    texts: list[bytes] = []
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True) if path is not None else sqlite3.connect(":memory:")
    try:
        if path is None:
            connection.deserialize(content)
        connection.text_factory = bytes
        names = [name.decode() for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            for row in connection.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - the database's own names
                texts.extend(value if isinstance(value, bytes) else str(value).encode() for value in row)
    except sqlite3.Error:
        pass  # a database that cannot be read is searched as bytes only
    finally:
        connection.close()
    return b"\n".join(texts)
