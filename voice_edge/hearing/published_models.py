"""Models on a model hub: their files at a pinned revision, with sizes and checksums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HUB = "https://huggingface.co"
MODEL = "model.bin"


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One file at the pinned revision; `sha256` is empty if only the size is known."""

    name: str
    size: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """Weights for one language in CTranslate2's format."""

    name: str
    language: Literal["sv", "en"]
    repository: str
    revision: str
    licence: str
    files: tuple[PublishedFile, ...]

    def url(self, file: PublishedFile, *, hub: str = HUB) -> str:
        """Return a file's address."""
        return f"{hub.rstrip('/')}/{self.repository}/resolve/{self.revision}/{file.name}"

    @property
    def size(self) -> int:
        """Return the size of all files in bytes."""
        return sum(file.size for file in self.files)


# Revision, sizes and the checksum of model.bin are from public catalogues: no hub could be reached when this was
# written. For the packaged Whisper base weights the same catalogue states the checksum that was computed here.
KB_WHISPER_BASE = PublishedModel(
    name="kb-whisper-base",
    language="sv",
    repository="KBLab/kb-whisper-base",
    revision="1499d2d2f0c7ed545bd6f2eec85287cf8d8c8b38",
    licence="Apache-2.0",
    files=(
        PublishedFile("config.json", 3_622),
        PublishedFile("tokenizer.json", 3_931_232),
        PublishedFile("vocabulary.json", 1_068_103),
        PublishedFile("preprocessor_config.json", 339),
        PublishedFile(MODEL, 145_217_646, "fa942ec92ad7747aec2e9ea8c57ad8971a3695f3c9ff440018a3667bb818a5c4"),
    ),
)
