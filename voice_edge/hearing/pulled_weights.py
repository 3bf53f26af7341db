"""Weights that an operator fetched or copied: validated on arrival and before each use.

Stored in `.weights/<language>` with a manifest `pulled.json` of their origin and checksums; moved there as a whole.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from voice_edge.hearing.download import fetch
from voice_edge.hearing.errors import WeightsDamaged
from voice_edge.hearing.published_models import HUB, MODEL, PublishedModel
from voice_edge.hearing.weights import FOLDER_MODE, exclusive_lock

MANIFEST = "pulled.json"
VOCABULARIES = ("vocabulary.json", "vocabulary.txt")
REQUIRED = ("config.json", "tokenizer.json", MODEL)
SPARE_DISK_SHARE = 1.05


class FileSum(BaseModel):
    """Size and checksum of one file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    sha256: str


class PulledWeights(BaseModel):
    """The manifest of pulled weights.

    Attributes:
        name: The model's name.
        language: Its language.
        source: Its origin: an address without the file, or `folder`.
        revision: The pinned revision; empty for weights other than the published ones.
        published: Whether the weights match the publisher's checksum.
        at: Time of the pull.
        files: Size and checksum by file name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    language: str
    source: str
    revision: str
    published: bool
    at: datetime
    files: dict[str, FileSum]


def pull(model: PublishedModel, weights: Path, *, at: datetime, client: httpx.Client, hub: str = HUB) -> PulledWeights:
    """Fetch a published model into the home's folder of weights, resuming an earlier attempt.

    Args:
        model: The model.
        weights: The home's `.weights`.
        at: The current time.
        client: The HTTP client.
        hub: Address of the model hub.

    Raises:
        DownloadFailed: the connection or the hub failed; another call resumes.
        WeightsDamaged: a file has another checksum than the published one; it is deleted.
    """
    with _building(weights, model.language) as building:
        missing = sum(file.size for file in model.files) - sum(path.stat().st_size for path in building.iterdir())
        _require_disk(building, missing)
        for file in model.files:
            fetch(model.url(file, hub=hub), building / file.name, size=file.size, client=client)
        for file in model.files:
            found = checksum(building / file.name)
            if file.sha256 and found.sha256 != file.sha256:
                (building / file.name).unlink()
                raise WeightsDamaged(
                    f"{file.name} has the checksum {found.sha256[:12]}, expected {file.sha256[:12]}.",
                    remedy="It was thrown away; pull again, and if that repeats itself ask who stands in between.",
                )
        pulled = PulledWeights(
            name=model.name,
            language=model.language,
            source=f"{hub.rstrip('/')}/{model.repository}",
            revision=model.revision,
            published=True,
            at=at,
            files={file.name: checksum(building / file.name) for file in model.files},
        )
        _move_in(building, weights / model.language, pulled)
    return pulled


def copy(model: PublishedModel, folder: Path, weights: Path, *, at: datetime) -> PulledWeights:
    """Copy weights from a folder: the published ones, or others in the same format.

    Raises:
        WeightsDamaged: files are missing or empty.
    """
    present = [name for name in (*REQUIRED, *VOCABULARIES, "preprocessor_config.json") if (folder / name).is_file()]
    lacking = [name for name in REQUIRED if name not in present or (folder / name).stat().st_size == 0]
    if lacking or not any(name in present for name in VOCABULARIES):
        named = ", ".join(lacking or [" or ".join(VOCABULARIES)])
        raise WeightsDamaged(
            f"The folder {folder} lacks {named}.", remedy="It must hold a Whisper model in CTranslate2's format."
        )
    published = {file.name: file for file in model.files}
    with _building(weights, model.language) as building:
        for left_over in building.iterdir():
            left_over.unlink()
        _require_disk(building, sum((folder / name).stat().st_size for name in present))
        for name in present:
            shutil.copyfile(folder / name, building / name)
        sums = {name: checksum(building / name) for name in present}
        if sums[MODEL] != checksum(folder / MODEL):
            raise WeightsDamaged("The copy differs from the folder.", remedy="Check the disk and try again.")
        same = sums[MODEL].sha256 == published[MODEL].sha256
        pulled = PulledWeights(
            name=model.name if same else folder.resolve().name,
            language=model.language,
            source="folder",
            revision=model.revision if same else "",
            published=same,
            at=at,
            files=sums,
        )
        _move_in(building, weights / model.language, pulled)
    return pulled


def read_pulled(weights: Path, language: str) -> PulledWeights | None:
    """Return the manifest of a language's pulled weights; None if there are none.

    Raises:
        WeightsDamaged: the manifest cannot be read.
    """
    try:
        return PulledWeights.model_validate_json((weights / language / MANIFEST).read_bytes())
    except FileNotFoundError:
        return None
    except (ValidationError, OSError):
        raise WeightsDamaged(
            f"{language}/{MANIFEST} cannot be read.", remedy="`pilot models pull` fetches the weights again."
        ) from None


def faults(weights: Path, pulled: PulledWeights) -> list[str]:
    """Return the faults of pulled weights, file by file; empty if they match their manifest."""
    found = []
    for name, expected in pulled.files.items():
        path = weights / pulled.language / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif path.stat().st_size != expected.size:
            found.append(f"{name} has {path.stat().st_size} bytes, expected {expected.size}")
        elif checksum(path).sha256 != expected.sha256:
            found.append(f"{name} has another checksum than when it was pulled")
    return found


def checksum(path: Path) -> FileSum:
    """Return a file's size and checksum."""
    with path.open("rb") as file:
        return FileSum(size=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())


@contextmanager
def _building(weights: Path, language: str) -> Iterator[Path]:
    """Yield the folder in which the weights are assembled; it survives a failure, for resuming."""
    weights.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    with exclusive_lock(weights / f".{language}.lock"):
        building = weights / f".{language}-pulling"
        building.mkdir(exist_ok=True, mode=FOLDER_MODE)
        yield building


def _move_in(building: Path, target: Path, pulled: PulledWeights) -> None:
    (building / MANIFEST).write_text(pulled.model_dump_json(indent=1), encoding="utf-8")
    for path in building.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    old = target.with_name(f".{target.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    building.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _require_disk(folder: Path, missing: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < missing * SPARE_DISK_SHARE:
        raise WeightsDamaged(
            f"{free // 10**6} MB are free on the disk, {missing // 10**6} MB are needed.", remedy="Make room first."
        )
