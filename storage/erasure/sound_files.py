"""Finds sound files in a home: the pilot stores no sound, but a fault or a test may leave some."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pilot.business_days import business_day

# Magic numbers of sound files, with their offsets.
BEGINNINGS = ((0, b"fLaC"), (0, b"OggS"), (0, b"ID3"), (0, b"\x1a\x45\xdf\xa3"), (8, b"WAVE"), (4, b"ftypM4A"))
ENDINGS = (".wav", ".flac", ".ogg", ".opus", ".webm", ".mp3", ".m4a", ".pcm")
PUBLIC = (".weights",)  # examples among a recogniser's weights
BEGINNING_BYTES = 16


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A sound file.

    Attributes:
        path: Its path.
        day: The business day on which it was written.
        size: Its bytes.
    """

    path: Path
    day: date
    size: int


def sound_files(root: Path) -> Iterator[SoundFile]:
    """Yield the sound files in a home, recognised by beginning or name."""
    for path in sorted(root.rglob("*")):
        if path.relative_to(root).parts[0] in PUBLIC or path.is_symlink():
            continue
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and (path.suffix.lower() in ENDINGS or _begins_as_sound(path)):
                status = path.stat()
                yield SoundFile(path, business_day(datetime.fromtimestamp(status.st_mtime, UTC)), status.st_size)


def _begins_as_sound(path: Path) -> bool:
    with path.open("rb") as file:
        beginning = file.read(BEGINNING_BYTES)
    return any(beginning[place:].startswith(mark) for place, mark in BEGINNINGS)
