"""Weights that an operator fetched or copied: checked, moved in whole, and checked again whenever they are used.

They lie under `.weights/<language>` with a `pulled.json` that says what they are and what each file hashes to.
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
from voice_edge.hearing.weights import FOLDER_MODE, alone

MANIFEST = "pulled.json"
VOCABULARIES = ("vocabulary.json", "vocabulary.txt")
REQUIRED = ("config.json", "tokenizer.json", MODEL)
SPARE_DISK_SHARE = 1.05


class FileSum(BaseModel):
    """One file's length and checksum."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    sha256: str


class PulledWeights(BaseModel):
    """What was pulled.

    Attributes:
        name: The model's name.
        language: The language it is for.
        source: Where it came from: an address without the file, or `folder`.
        revision: The pinned revision, empty for a folder of one's own.
        published: Whether the weights have the checksum that the publisher states.
        at: When.
        files: Every file by name.
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
    """Fetch a published model into the home's folder of weights; what an earlier attempt fetched is used.

    Args:
        model: Which one.
        weights: The home's `.weights`.
        at: Now.
        client: For the requests.
        hub: Address of the model hub.

    Raises:
        DownloadFailed: the line or the hub; the same call goes on.
        WeightsDamaged: what came is not what the publisher states; it is thrown away.
    """
    with _building(weights, model.language) as building:
        missing = sum(file.size for file in model.files) - sum(path.stat().st_size for path in building.iterdir())
        _require_disk(building, missing)
        for file in model.files:
            fetch(model.url(file, hub=hub), building / file.name, size=file.size, client=client)
        for file in model.files:
            found = sum_of(building / file.name)
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
            files={file.name: sum_of(building / file.name) for file in model.files},
        )
        _move_in(building, weights / model.language, pulled)
    return pulled


def copy(model: PublishedModel, folder: Path, weights: Path, *, at: datetime) -> PulledWeights:
    """Take the weights from a folder: the published ones, or others in the same format.

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
        sums = {name: sum_of(building / name) for name in present}
        if sums[MODEL] != sum_of(folder / MODEL):
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
    """Return what was pulled for a language; None where nothing was.

    Raises:
        WeightsDamaged: the description cannot be read.
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
    """Return what is wrong with pulled weights, file by file; nothing where all is as it was pulled."""
    found = []
    for name, expected in pulled.files.items():
        path = weights / pulled.language / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif path.stat().st_size != expected.size:
            found.append(f"{name} has {path.stat().st_size} bytes, expected {expected.size}")
        elif sum_of(path).sha256 != expected.sha256:
            found.append(f"{name} has another checksum than when it was pulled")
    return found


def sum_of(path: Path) -> FileSum:
    """Return a file's length and checksum."""
    with path.open("rb") as file:
        return FileSum(size=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())


@contextmanager
def _building(weights: Path, language: str) -> Iterator[Path]:
    """Give the folder in which the weights are put together; it survives a failure, so that the next one goes on."""
    weights.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    with alone(weights / f".{language}.lock"):
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
