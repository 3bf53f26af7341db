"""Sound files under the home. The pilot hears and drops sound; what a fault or a test leaves behind is found here."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pilot.business_days import business_day

# How files of sound begin, at which byte.
BEGINNINGS = ((0, b"fLaC"), (0, b"OggS"), (0, b"ID3"), (0, b"\x1a\x45\xdf\xa3"), (8, b"WAVE"), (4, b"ftypM4A"))
ENDINGS = (".wav", ".flac", ".ogg", ".opus", ".webm", ".mp3", ".m4a", ".pcm")
PUBLIC = (".weights",)  # examples that come with a recogniser's weights
BEGINNING_BYTES = 16


@dataclass(frozen=True, slots=True)
class SoundFile:
    """One file.

    Attributes:
        path: Where it lies.
        day: The business day on which it was written.
        size: Its bytes.
    """

    path: Path
    day: date
    size: int


def sound_files(root: Path) -> Iterator[SoundFile]:
    """Yield the files of sound under a home, by their beginning or their name."""
    for path in sorted(root.rglob("*")):
        if path.relative_to(root).parts[0] in PUBLIC or path.is_symlink():
            continue
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and (path.suffix.lower() in ENDINGS or _begins_as_sound(path)):
                told = path.stat()
                yield SoundFile(path, business_day(datetime.fromtimestamp(told.st_mtime, UTC)), told.st_size)


def _begins_as_sound(path: Path) -> bool:
    with path.open("rb") as file:
        beginning = file.read(BEGINNING_BYTES)
    return any(beginning[place:].startswith(mark) for place, mark in BEGINNINGS)
