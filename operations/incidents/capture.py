"""One archive of an incident's evidence, without secrets, voices or guests' words.

Its members are built from what is known to be safe; no file of the home is copied into it.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import re
import tarfile
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import httpx

from operations.incidents.log_lines import safe_lines, vocabulary
from operations.incidents.secret_values import redacted_settings, secret_values, without_secrets
from operations.record_lines import records_of
from operations.system import System, processes
from pilot.errors import PilotError
from storage.folders import private_folder
from storage.store.cafes import switches
from storage.store.incidents import incidents
from storage.store.incidents.incidents import Incident
from storage.store.table_counts import table_counts

FOLDER = ".incidents"
LOG_BYTES = 512 * 1024  # Of the end of each log.
METRICS_SECONDS = 3.0
PACKAGES = ("sqlalchemy", "fastapi", "uvicorn", "faster-whisper", "dagster", "deltalake", "duckdb", "streamlit")
_METRIC = re.compile(r'[a-z_]+(\{([a-z_]+="[A-Za-z0-9_.+:-]*",?)*\})? [0-9eE.+-]+(Inf|NaN)?')
_ALERT_FIELDS = ("name", "severity", "state", "at", "cafe", "day", "kinds", "reported_at")


@dataclass(frozen=True, slots=True)
class Capture:
    """A written archive.

    Attributes:
        path: The file, readable by its owner only.
        members: Bytes of each member, by name.
        secrets_removed: Secrets that were found in members and removed.
    """

    path: Path
    members: dict[str, int]
    secrets_removed: int


def capture(system: System, incident: Incident, *, now: datetime) -> Capture:
    """Write the archive of an incident in the home; a part that cannot be read says so."""
    home, cafes = system.home, system.home.cafes().ids
    parts: dict[str, bytes] = {
        "versions.json": _json(_versions),
        "settings.json": _json(lambda: redacted_settings(home.settings)),
        "incident.json": _json(lambda: _timeline(system, incident)),
        "database.json": _json(
            lambda: {"tables": table_counts(home.store()), "engine": home.store().engine.dialect.name}
        ),
        "switches.json": _json(lambda: {name: _switch(found) for name, found in switches.all_on(home.store()).items()}),
        "queue.json": _json(lambda: _queue(system)),
        "metrics.txt": _metrics(system.edge_url),
    }
    for spec in processes(system):  # Only files of known names: a name could hold anything.
        if (path := system.logs / f"{spec.name}.log").is_file():
            parts[f"logs/{path.stem}.ndjson"] = _log(path, cafes=cafes)
    for path in sorted(system.run_folder.glob("*.ndjson")):
        if path.name in vocabulary().codes:
            parts[f"alerts/{path.name}"] = _alerts(path, cafes=cafes)
    secrets, removed = secret_values(home), 0
    for name, content in parts.items():
        parts[name], found = without_secrets(content, secrets)
        removed += found
    manifest = {
        "incident": incident.id,
        "at": now.isoformat(),
        "secrets_removed": removed,
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in parts.items()},
    }
    parts["manifest.json"] = json.dumps(manifest, indent=2).encode()
    folder = private_folder(home.root / FOLDER)
    path = folder / f"{incident.id}-{now:%Y%m%dT%H%M%SZ}.tar.gz"
    with path.open("xb") as file:
        path.chmod(0o600)
        file.write(_archive(parts, at=now))
    return Capture(path, {name: len(content) for name, content in parts.items()}, removed)


def _archive(parts: dict[str, bytes], *, at: datetime) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in parts.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime = len(content), 0o600, int(at.timestamp())
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _json(read: Any) -> bytes:
    try:
        content = read()
    except (PilotError, OSError) as error:
        content = {"unreadable": type(error).__name__}
    return json.dumps(content, indent=2, ensure_ascii=False, default=str).encode()


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "system": platform.platform()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "missing"
    return found


def _timeline(system: System, incident: Incident) -> list[dict[str, str]]:
    """Return the timeline without its notes: an operator may have quoted a guest."""
    entries = incidents.timeline(system.home.store(), incident.id)
    return [{"at": each.at.isoformat(), "kind": each.kind, "actor": each.actor} for each in entries]


def _switch(found: switches.Switch) -> dict[str, object]:
    return {"since": found.changed_at, "until": found.until}


def _queue(system: System) -> dict[str, object]:
    """Return how much waits, and the size of each part of the home; no file's name."""
    tables = table_counts(system.home.store())
    waiting = {name: tables.get(name, 0) for name in ("outbox", "incident_notices", "provider_events", "undecided")}
    sizes = {}
    for name in ("landing", "lake", ".log", ".logs", ".run", ".dagster"):
        files = [each for each in (system.home.root / name).rglob("*") if each.is_file()]
        sizes[name] = {"files": len(files), "bytes": sum(each.stat().st_size for each in files)}
    return {"rows": waiting, "folders": sizes}


def _metrics(url: str) -> bytes:
    try:
        with httpx.Client(timeout=METRICS_SECONDS, trust_env=False) as client:
            text = client.get(f"{url}/metrics").raise_for_status().text
    except httpx.HTTPError as error:
        return f"The edge does not answer ({type(error).__name__}).\n".encode()
    return "".join(f"{line}\n" for line in text.splitlines() if _METRIC.fullmatch(line)).encode()


def _log(path: Path, *, cafes: Collection[str]) -> bytes:
    with path.open("rb") as file:
        file.seek(0, io.SEEK_END)
        file.seek(max(0, file.tell() - LOG_BYTES))
        text = file.read().decode(errors="replace")
    return "".join(f"{line}\n" for line in safe_lines(text.splitlines(), cafes=cafes)).encode()


def _alerts(path: Path, *, cafes: Collection[str]) -> bytes:
    """Return an alert file's fields that hold codes and moments."""
    lines = [json.dumps({**record, "event": "alert"}) for record in records_of(path)]
    kept = []
    for line in safe_lines(lines, cafes=cafes):
        record = json.loads(line)
        kept.append(json.dumps({key: value for key, value in record.items() if key in _ALERT_FIELDS}))
    return "".join(f"{line}\n" for line in kept).encode()
