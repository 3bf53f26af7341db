"""The weights of each language and their qualification."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from pilot.settings import Settings
from voice_edge.hearing import chosen_weights
from voice_edge.hearing.chosen_weights import choose_weights
from voice_edge.hearing.clips import Clip
from voice_edge.hearing.errors import WeightsDamaged
from voice_edge.hearing.published_models import MODEL
from voice_edge.hearing.pulled_weights import copy
from voice_edge.hearing.qualification import (
    Qualification,
    TooFewClips,
    measure,
    read_qualification,
    save_qualification,
    withdraw_qualification,
)
from voice_edge.hearing.whisper import DecodedText

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
SENTENCE = "kaffet var kallt och kön var väldigt lång idag på lunchen"


@pytest.fixture(autouse=True)
def packaged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(chosen_weights, "packaged_weights", lambda folder: tmp_path / "packaged")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own-model"
    folder.mkdir()
    for name, body in (("config.json", "{}"), ("tokenizer.json", "{}"), ("vocabulary.txt", "a"), (MODEL, "weights")):
        (folder / name).write_text(body)
    return folder


def qualification(*, sha256: str, word_error: float = 0.1, high: float = 0.15) -> Qualification:
    return Qualification(
        language="sv", sha256=sha256, weights="x", clips=40, words=400, word_error=word_error, low=0.05, high=high,
        runaways=0, by="cli:anna", at=AT,
    )  # fmt: skip


def sum_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_by_default_the_packaged_weights_serve_and_only_english_is_qualified(tmp_path) -> None:
    swedish, english = (choose_weights(Settings(), tmp_path, language) for language in ("sv", "en"))
    assert (swedish.source, swedish.qualified) == ("packaged", False)
    assert "pilot models pull" in swedish.remedy
    assert (english.source, english.qualified, english.remedy) == ("packaged", True, "")


def test_pulled_weights_serve_swedish_but_need_a_measurement_to_qualify(hub, own, tmp_path) -> None:
    copy(hub.model, own, tmp_path, at=AT)
    chosen = choose_weights(Settings(), tmp_path, "sv")
    assert (chosen.source, chosen.name, chosen.folder) == ("pulled", "own-model", tmp_path / "sv")
    assert not chosen.qualified
    save_qualification(qualification(sha256=sum_of("weights")), tmp_path)
    assert choose_weights(Settings(), tmp_path, "sv").qualified
    assert withdraw_qualification(tmp_path, "sv")
    assert not choose_weights(Settings(), tmp_path, "sv").qualified


def test_a_qualification_of_other_weights_does_not_count(hub, own, tmp_path) -> None:
    copy(hub.model, own, tmp_path, at=AT)
    save_qualification(qualification(sha256=sum_of("other weights")), tmp_path)
    chosen = choose_weights(Settings(), tmp_path, "sv")
    assert not chosen.qualified
    assert chosen.measured is None


@pytest.mark.parametrize(("word_error", "high"), [(0.16, 0.18), (0.14, 0.21)])
def test_a_failed_measurement_qualifies_nothing(hub, own, tmp_path, word_error, high) -> None:
    copy(hub.model, own, tmp_path, at=AT)
    save_qualification(qualification(sha256=sum_of("weights"), word_error=word_error, high=high), tmp_path)
    chosen = choose_weights(Settings(), tmp_path, "sv")
    assert not chosen.qualified
    assert "words wrong" in chosen.why


def test_a_configured_folder_precedes_the_pulled_weights(hub, own, tmp_path) -> None:
    copy(hub.model, own, tmp_path, at=AT)
    other = tmp_path / "other"
    other.mkdir()
    (other / MODEL).write_text("other weights")
    chosen = choose_weights(Settings(recogniser_model_sv=other), tmp_path, "sv")
    assert (chosen.source, chosen.folder, chosen.qualified) == ("set", other, False)
    assert choose_weights(Settings(recogniser_model_sv=other), tmp_path, "en").source == "packaged"


def test_a_configured_folder_without_weights_is_reported_and_replaced(tmp_path) -> None:
    chosen = choose_weights(Settings(recogniser_model_sv=tmp_path / "nowhere"), tmp_path, "sv")
    assert chosen.source == "packaged"
    assert "PILOT_RECOGNISER_MODEL_SV" in chosen.fault


def test_damaged_weights_are_skipped_and_their_faults_reported(hub, own, tmp_path) -> None:
    copy(hub.model, own, tmp_path, at=AT)
    (tmp_path / "sv" / MODEL).write_text("weightz")
    chosen = choose_weights(Settings(), tmp_path, "sv")
    assert chosen.source == "packaged"
    assert "another checksum" in chosen.fault
    (tmp_path / "sv" / MODEL).unlink()
    assert "is missing" in choose_weights(Settings(), tmp_path, "sv").fault
    (tmp_path / "sv" / "pulled.json").write_text("{")
    assert "cannot be read" in choose_weights(Settings(), tmp_path, "sv").fault


def test_published_weights_in_a_folder_are_recognised(hub, tmp_path) -> None:
    folder = tmp_path / "usb"
    folder.mkdir()
    for name, body in hub.files.items():
        (folder / name).write_bytes(body)
    pulled = copy(hub.model, folder, tmp_path / "weights", at=AT)
    assert (pulled.name, pulled.published) == ("kb-whisper-base", True)


def test_a_folder_without_a_model_is_refused_with_its_missing_files(hub, own, tmp_path) -> None:
    (own / "tokenizer.json").unlink()
    with pytest.raises(WeightsDamaged, match=r"tokenizer\.json"):
        copy(hub.model, own, tmp_path, at=AT)
    assert not (tmp_path / "sv").exists()


class Hears:
    """Transcribes each clip correctly, or with one word in so many wrong."""

    def __init__(self, *, wrong_every: int) -> None:
        self.wrong_every = wrong_every

    def decode(self, audio, *, language, prompt="", abandoned=lambda: False) -> DecodedText:
        words = SENTENCE.split()
        heard = [
            "fel" if self.wrong_every and i % self.wrong_every == self.wrong_every - 1 else w
            for i, w in enumerate(words)
        ]
        return DecodedText(" ".join(heard), 0.9, 0.0, False, False, 0.1)


def clips(count: int) -> list[Clip]:
    return [Clip(str(number), SENTENCE, np.zeros(16_000, dtype=np.float32)) for number in range(count)]


@pytest.mark.parametrize(
    ("wrong_every", "passed", "word_error"), [(0, True, 0.0), (10, True, 0.0909), (4, False, 0.1818)]
)
def test_weights_are_measured_on_recordings_against_the_limits(tmp_path, wrong_every, passed, word_error) -> None:
    result = measure(
        clips(30), decoder=Hears(wrong_every=wrong_every), language="sv", weights="w", sha256="s", by="cli:anna", at=AT
    )
    assert (result.passed, result.word_error, result.clips, result.words) == (passed, word_error, 30, 330)
    save_qualification(result, tmp_path)
    assert read_qualification(tmp_path, "sv") == result


def test_too_few_recordings_are_refused() -> None:
    with pytest.raises(TooFewClips, match="29 recordings"):
        measure(clips(29), decoder=Hears(wrong_every=0), language="sv", weights="w", sha256="s", by="a", at=AT)
