"""Append-only files of records, one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def records_of(path: Path) -> Iterator[dict[str, Any]]:
    """Yield a file's records, oldest first; nothing if there is no file."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue  # A power cut left a half-written line.
        if isinstance(record, dict):
            yield record


def append_record(path: Path, record: dict[str, Any]) -> None:
    """Append a record; create the folder if it is missing."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as records:
        records.write(json.dumps(record, ensure_ascii=False) + "\n")
