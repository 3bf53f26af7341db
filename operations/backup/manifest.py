"""The manifest of a backup, and the copy of it inside the sealed content that proves it.

The manifest lies readable beside the content, so anybody who can write the folder can change it. Everything in it but
the content's own size and checksum is repeated within the seal, and compared when the backup is read.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Literal, Self, get_args

from storage.backup.store_contents import StoreContents
from storage.errors import BackupDamaged

FIRST_FORMAT = 1  # without a manifest within its content
SECOND_FORMAT = 2  # of a whole home, without a list of what its store contains
FORMAT = 3
FORMATS = (FIRST_FORMAT, SECOND_FORMAT, FORMAT)

Scope = Literal["whole", "recent", "configuration", "safety"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
WITH_LAKE: tuple[Scope, ...] = ("whole", "safety")
RESTORED_BY_DATE: tuple[Scope, ...] = ("whole", "recent")  # a safety copy, of a home replaced, by its name only

INNER_MANIFEST = "manifest.json"
INNER_MOST_BYTES = 1024 * 1024
OF_CONTENT = ("content_bytes", "content_sha256")
KINDS = {
    "format": int, "kind": str, "sealed": bool, "content_bytes": int, "content_sha256": str, "segments": int,
    "tables": dict, "tombstones": int, "left_out": list,
}  # fmt: skip
KINDS_SINCE_FORMAT_3 = {
    "scope": str, "home": str, "base": str, "landing": dict, "lake_rows": dict, "store": dict,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Manifest:
    """The description of a backup; contains no data of guests.

    Attributes:
        format: Version of the backup's layout.
        made_at: Start of the copying, UTC; everything acknowledged before is included.
        kind: real or demo.
        sealed: Whether the content is encrypted.
        content_bytes: Size of the content file.
        content_sha256: Checksum of the content file.
        segments: Number of segments of the landing.
        tables: Version of each lake table.
        tombstones: Number of tombstones in the store.
        left_out: Parts that are not included, in words.
        scope: whole (append logs, store, landing and lake), recent (append logs, store, and the landing's days that
            changed since the base), configuration, or safety (whole, of a home that a restore has replaced).
        home: The home's own name; empty if unknown.
        base: The name of the whole backup that a recent one continues; empty if it needs none.
        landing: The fingerprint of each of the landing's days.
        lake_rows: Number of rows of each lake table.
        store: The store's contents; None if it has no store, or an earlier version made it.
    """

    format: int
    made_at: datetime
    kind: str
    sealed: bool
    content_bytes: int
    content_sha256: str
    segments: int
    tables: dict[str, int]
    tombstones: int
    left_out: tuple[str, ...]
    scope: Scope = "whole"
    home: str = ""
    base: str = ""
    landing: dict[str, str] = field(default_factory=dict)
    lake_rows: dict[str, int] = field(default_factory=dict)
    store: StoreContents | None = None

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Parse a manifest.

        Raises:
            ValueError: it is not JSON, or a value has another form.
            KeyError: a field is missing.
            TypeError: a field is unknown, or has another kind.
            RecursionError: it is nested too deeply.
        """
        fields = json.loads(body)
        kinds = KINDS if type(fields["format"]) is int and fields["format"] < FORMAT else KINDS | KINDS_SINCE_FORMAT_3
        for name, kind in kinds.items():
            if type(fields[name]) is not kind:
                raise TypeError(f"{name} is no {kind.__name__}")
        if fields.get("scope", "whole") not in SCOPES:
            raise ValueError("scope is unknown")
        moment = datetime.fromisoformat(fields["made_at"])
        if moment.tzinfo is None:
            raise ValueError("made_at has no time zone")
        store = StoreContents.from_json(fields["store"]) if fields.get("store") else None
        return cls(**{**fields, "made_at": moment, "left_out": tuple(fields["left_out"]), "store": store})

    def as_json(self) -> dict[str, Any]:
        """Return the manifest as JSON values."""
        store = self.store.as_json() if self.store else {}
        fields = {**asdict(self), "made_at": self.made_at.isoformat(), "left_out": list(self.left_out), "store": store}
        return {name: fields[name] for name in fields if self.format >= FORMAT or name not in KINDS_SINCE_FORMAT_3}

    def inner(self) -> bytes:
        """Return the copy that is sealed with the content."""
        fields = {name: value for name, value in self.as_json().items() if name not in OF_CONTENT}
        return json.dumps(fields, sort_keys=True).encode()


class InnerManifest:
    """Takes the manifest out of an archive's members, and compares it with the one beside the content."""

    def __init__(self, put: Callable[[str, BinaryIO], None]) -> None:
        self._put = put
        self._found: bytes | None = None

    def put(self, name: str, source: BinaryIO) -> None:
        """Keep the manifest; pass every other member on."""
        if name != INNER_MANIFEST:
            self._put(name, source)
            return
        body = io.BytesIO()
        while (content := source.read(INNER_MOST_BYTES)) and body.tell() <= INNER_MOST_BYTES:
            body.write(content)
        self._found = body.getvalue()

    def compare(self, manifest: Manifest, *, name: str) -> None:
        """Raise BackupDamaged unless the manifest beside the content is the one within it.

        Args:
            manifest: The manifest beside the content.
            name: The backup's name.
        """
        if self._found is None and manifest.format == FIRST_FORMAT:
            return  # Made by an earlier version.
        if self._found is None:
            raise BackupDamaged(f"The content of {name} has no manifest: it is another backup's, or was changed.")
        try:
            inner, outer = json.loads(self._found), json.loads(manifest.inner())
            if not isinstance(inner, dict):
                raise ValueError("the manifest is no object")
        except (ValueError, RecursionError):
            raise BackupDamaged(f"The manifest within the content of {name} cannot be read.") from None
        if inner != outer:
            wrong = sorted(field for field in {*inner, *outer} if inner.get(field) != outer.get(field))
            raise BackupDamaged(
                f"The manifest of {name} is not that of its content ({', '.join(wrong)}): one of them was changed."
            )
