"""Compares two cafés' files: what a draft would change, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pilot.cafes import Cafes


@dataclass(frozen=True, slots=True)
class CafeChange:
    """One changed field.

    Attributes:
        cafe: The café's id; empty for a setting that all cafés share.
        field: The field's name; empty if the whole café is added or removed.
        before: Its value; None if it is added.
        after: Its value in the draft; None if it is removed.
    """

    cafe: str
    field: str
    before: Any
    after: Any


def place(change: CafeChange) -> str:
    """Return where a change is, as in the file: `aurora.staff`, `pilot.days`, or a whole café."""
    return ".".join(part for part in (change.cafe or "pilot", change.field) if part)


def changes(before: Cafes, after: Cafes) -> list[CafeChange]:
    """Return the changes of a draft, the shared settings first, then the cafés by id."""
    found = _fields("", before.pilot.model_dump(), after.pilot.model_dump())
    old, new = ({cafe.id: cafe.model_dump() for cafe in each.cafe} for each in (before, after))
    for cafe in sorted({*old, *new}):
        if cafe in old and cafe in new:
            found += _fields(cafe, old[cafe], new[cafe])
        else:
            found.append(CafeChange(cafe, "", _name(old.get(cafe)), _name(new.get(cafe))))
    return found


def _fields(cafe: str, old: dict[str, Any], new: dict[str, Any]) -> list[CafeChange]:
    return [CafeChange(cafe, name, old[name], new[name]) for name in old if old[name] != new[name]]


def _name(cafe: dict[str, Any] | None) -> str | None:
    return None if cafe is None else str(cafe["name"])
