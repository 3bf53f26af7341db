"""Models that can be fetched from a model hub: which files at which revision, how large, and what they must hash to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HUB = "https://huggingface.co"
MODEL = "model.bin"


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One file at the pinned revision; `sha256` is empty where only the size is known (then it is kept on the pull)."""

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
        """Return where a file lies."""
        return f"{hub.rstrip('/')}/{self.repository}/resolve/{self.revision}/{file.name}"

    @property
    def size(self) -> int:
        """Return the bytes of all files."""
        return sum(file.size for file in self.files)


# Revision, sizes and the checksum of model.bin as public catalogues state them: no hub could be reached while this was
# written. The same catalogue states for the packaged Whisper base weights the checksum that was measured here.
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
