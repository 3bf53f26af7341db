"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from storage import folders
from storage.folders import write_atomically


def test_a_file_is_replaced_as_a_whole_and_readable_by_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    write_atomically(path, "första")
    write_atomically(path, b"second", durable=True)
    assert path.read_bytes() == b"second"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_content_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "record.json"
    write_atomically(path, "old")

    def refuse(descriptor: int, body: bytes) -> None:
        os.write(descriptor, body[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders, "write_fully", refuse)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
