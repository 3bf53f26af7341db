"""`pilot models`: fetching, checking and qualifying weights at a terminal."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import pytest

from voice_edge.hearing.download import fetch


@pytest.fixture(autouse=True)
def packaged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Spare the tests the joining of the large packaged weights."""
    monkeypatch.setattr("voice_edge.hearing.chosen_weights.packaged_weights", lambda folder: tmp_path / "packaged")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "my-weights"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json", "vocabulary.json", "model.bin"):
        (folder / name).write_text(f'{{"file": "{name}"}}')
    return folder


def test_the_status_shows_the_weights_of_each_language_and_a_remedy(pilot) -> None:
    done = pilot("models", "status")
    assert done.exit_code == 0
    assert "sv  whisper-base (packaged)" in done.output
    assert "NOT QUALIFIED" in done.output
    assert "pilot models pull" in done.output


def test_weights_are_installed_from_a_folder_and_shown(pilot, own) -> None:
    pulled = pilot("models", "pull", "--from", str(own))
    assert pulled.exit_code == 0
    assert "your own, not the published weights" in pulled.output
    shown = json.loads(pilot("models", "status", "--json").output)
    assert [(one["language"], one["source"], one["qualified"]) for one in shown] == [
        ("sv", "pulled", False),
        ("en", "packaged", True),
    ]


def test_damaged_weights_are_reported_with_an_exit_code(pilot, own, tmp_path) -> None:
    pilot("models", "pull", "--from", str(own))
    (tmp_path / "home" / ".weights" / "sv" / "model.bin").write_text("x" * 30)
    done = pilot("models", "status")
    assert done.exit_code == 1
    assert "NOT USED: model.bin" in done.output


def test_a_dry_run_lists_every_file_and_fetches_nothing(pilot, tmp_path) -> None:
    done = pilot("models", "pull", "--dry-run", "--hub", "https://mirror.example")
    assert done.exit_code == 0
    assert done.output.count("https://mirror.example/KBLab/kb-whisper-base/resolve/") == 5
    assert not (tmp_path / "home").exists()


def test_an_unreachable_hub_is_an_error_without_a_traceback(pilot, monkeypatch) -> None:
    monkeypatch.setattr(fetch, "__kwdefaults__", {"pause": lambda seconds: None})
    done = pilot("models", "pull", "--hub", "http://127.0.0.1:1")
    assert done.exit_code == 1
    assert "config.json: 0 of 3622 bytes came" in done.output
    assert "Traceback" not in done.output


def test_measuring_requires_a_folder_of_recordings(pilot, tmp_path) -> None:
    assert "--clips" in pilot("models", "qualify", "sv").output
    assert "not a language" in pilot("models", "qualify", "da").output
    (tmp_path / "empty").mkdir()
    done = pilot("models", "qualify", "sv", "--clips", str(tmp_path / "empty"))
    assert done.exit_code == 1
    assert "no .wav files" in done.output


def test_weights_that_cannot_be_loaded_are_an_error(pilot, own, tmp_path) -> None:
    pilot("models", "pull", "--from", str(own))
    clips = tmp_path / "clips"
    clips.mkdir()
    with wave.open(str(clips / "one.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", "NONE"))
        file.writeframes(bytes(3200))
    assert "one.wav has no one.txt" in pilot("models", "qualify", "sv", "--clips", str(clips)).output
    (clips / "one.txt").write_text("kaffet var kallt")
    done = pilot("models", "qualify", "sv", "--clips", str(clips))
    assert done.exit_code == 1
    assert "cannot be loaded" in done.output


def test_a_qualification_can_be_withdrawn(pilot) -> None:
    assert "there is no qualification" in pilot("models", "qualify", "sv", "--withdraw").output
