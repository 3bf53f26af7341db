"""A silence: alerts of low and medium severity call nobody until it ends.

It is a file with an end of its own, so that a maintenance that dies silences nothing for long.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from storage.folders import private_folder, write_atomically

SILENCE_NAME = "silence.json"


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence.

    Attributes:
        since: Its begin, UTC.
        until: Its end, UTC, unless it is lifted earlier.
        actor: Who silenced.
        reason: Why.
    """

    since: datetime
    until: datetime
    actor: str
    reason: str


def begin_silence(folder: Path, silence: Silence) -> None:
    """Begin a silence; it replaces another one.

    Args:
        folder: The home's folder of records.
        silence: The silence.
    """
    body = {name: value if isinstance(value, str) else value.isoformat() for name, value in asdict(silence).items()}
    write_atomically(private_folder(folder) / SILENCE_NAME, json.dumps(body))


def end_silence(folder: Path) -> None:
    """End the silence; nothing happens if there is none."""
    (folder / SILENCE_NAME).unlink(missing_ok=True)


def current_silence(folder: Path, *, now: datetime) -> Silence | None:
    """Return the silence of a moment; None without one, and for a damaged file."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads((folder / SILENCE_NAME).read_text(encoding="utf-8"))
        since, until = (datetime.fromisoformat(found[name]) for name in ("since", "until"))
        if since <= now < until:
            return Silence(since, until, str(found["actor"]), str(found["reason"]))
    return None
