"""A started edge uses the weights that `pilot models` shows."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pilot.settings import Settings
from storage.home import Home, open_home
from voice_edge import __main__ as edge
from voice_edge.hearing import chosen_weights
from voice_edge.hearing.published_models import MODEL
from voice_edge.hearing.pulled_weights import copy

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub) -> Home:
    """Return a home into which weights for Swedish were pulled."""
    monkeypatch.setattr(chosen_weights, "packaged_weights", lambda folder: tmp_path / "packaged")
    folder = tmp_path / "own"
    folder.mkdir()
    for name, body in hub.files.items():
        (folder / name).write_bytes(body)
    home = open_home(Settings(home=tmp_path / "home"))
    copy(hub.model, folder, home.root / edge.WEIGHTS_FOLDER, at=AT)
    return home


def heard_with(home: Home, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Path], frozenset[str]]:
    made: dict[str, object] = {}
    monkeypatch.setattr(edge, "Recogniser", lambda **options: made.update(options))
    edge.open_recogniser(home)
    return made["weights"], made["qualified"]  # type: ignore[return-value]


def test_swedish_uses_pulled_weights_and_english_the_packaged_ones(opened, tmp_path, monkeypatch) -> None:
    weights, qualified = heard_with(opened, monkeypatch)
    assert weights == {"sv": opened.root / ".weights" / "sv", "en": tmp_path / "packaged"}
    assert qualified == {"en"}


def test_damaged_weights_disable_no_language(opened, tmp_path, monkeypatch) -> None:
    (opened.root / ".weights" / "sv" / MODEL).write_bytes(b"half")
    weights, qualified = heard_with(opened, monkeypatch)
    assert weights == {"sv": tmp_path / "packaged", "en": tmp_path / "packaged"}
    assert qualified == {"en"}
