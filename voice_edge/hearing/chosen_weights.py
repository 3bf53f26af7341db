"""Selects the weights of each language: the configured folder, else pulled, else packaged weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pilot.settings import Settings
from voice_edge.hearing.errors import WeightsDamaged
from voice_edge.hearing.published_models import MODEL
from voice_edge.hearing.pulled_weights import PulledWeights, checksum, faults, read_pulled
from voice_edge.hearing.qualification import (
    MOST_WORD_ERROR,
    MOST_WORD_ERROR_HIGH,
    Qualification,
    read_qualification,
)
from voice_edge.hearing.weights import NAME, SHA256, packaged_weights

LANGUAGES: tuple[Literal["sv", "en"], ...] = ("sv", "en")
MEASURED_IN_DOCS = frozenset({"en"})  # the packaged weights are measured in docs/voice.md


@dataclass(frozen=True, slots=True)
class ChosenWeights:
    """The weights of one language.

    Attributes:
        language: The language.
        name: Their name.
        folder: Their folder.
        source: `set` by PILOT_RECOGNISER_MODEL_SV, `pulled`, or `packaged`.
        sha256: Checksum of model.bin.
        fault: Why the preferred weights are not used and these replace them; "" if they are used.
        qualified: Whether their transcripts may be scored.
        why: The reason for `qualified`. remedy: What to do; "" if nothing.
        measured: An operator's measurement of these weights.
    """

    language: str
    name: str
    folder: Path
    source: Literal["set", "pulled", "packaged"]
    sha256: str
    fault: str
    qualified: bool
    why: str
    remedy: str
    measured: Qualification | None


def choose_weights(settings: Settings, weights: Path, language: Literal["sv", "en"]) -> ChosenWeights:
    """Return the weights for `language`; damaged ones are skipped and reported in `fault`.

    Args:
        settings: May name a folder of weights.
        weights: The home's `.weights`.
        language: The language.

    Raises:
        WeightsDamaged: the packaged weights are missing or damaged too.
    """
    fault = ""
    if language == "sv" and settings.recogniser_model_sv is not None:
        folder = settings.recogniser_model_sv.expanduser()
        if (folder / MODEL).is_file():
            return _judged(weights, language, folder.name, folder, "set", checksum(folder / MODEL).sha256, "")
        fault = f"PILOT_RECOGNISER_MODEL_SV: {folder} holds no {MODEL}"
    else:
        pulled, fault = _pulled(weights, language)
        if pulled is not None and not fault:
            folder = weights / language
            return _judged(weights, language, pulled.name, folder, "pulled", pulled.files[MODEL].sha256, "")
    return _judged(weights, language, NAME, packaged_weights(weights), "packaged", SHA256, fault)


def _pulled(weights: Path, language: str) -> tuple[PulledWeights | None, str]:
    try:
        pulled = read_pulled(weights, language)
    except WeightsDamaged as damaged:
        return None, damaged.what
    if pulled is None:
        return None, ""
    return pulled, "; ".join(faults(weights, pulled))


def _judged(
    weights: Path,
    language: Literal["sv", "en"],
    name: str,
    folder: Path,
    source: Literal["set", "pulled", "packaged"],
    sha256: str,
    fault: str,
) -> ChosenWeights:
    measured = read_qualification(weights, language)
    if measured is not None and measured.sha256 != sha256:
        measured = None
    if measured is not None:
        qualified = measured.passed
        why = (
            f"measured by {measured.by}: {measured.word_error:.1%} of {measured.words} words wrong "
            f"({measured.low:.1%} to {measured.high:.1%})"
        )
    else:
        qualified = source == "packaged" and language in MEASURED_IN_DOCS
        why = "measured in docs/voice.md" if qualified else "not measured"
    return ChosenWeights(
        language,
        name,
        folder,
        source,
        sha256,
        fault,
        qualified,
        why,
        _remedy(language, source, fault, qualified),
        measured,
    )


def _remedy(language: str, source: str, fault: str, qualified: bool) -> str:
    if fault:
        return "`pilot models pull` fetches the weights again." if "PILOT_" not in fault else "Mend the setting."
    if qualified:
        return ""
    measure = (
        f"`pilot models qualify {language} --clips DIR` measures it: at most {MOST_WORD_ERROR:.0%} of the words wrong, "
        f"{MOST_WORD_ERROR_HIGH:.0%} at the upper end."
    )
    return f"`pilot models pull` fetches weights that hear it; then {measure}" if source == "packaged" else measure
