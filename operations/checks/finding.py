"""The result of one check: found against required, with a remedy."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["ok", "not_ok", "not_applicable"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    Attributes:
        name: The checked part.
        state: ok, not_ok, or not_applicable (`found` then gives the reason).
        found: The result in words.
        required: The requirement in words; empty if the name says it.
        remedy: What to do; empty if nothing.
    """

    name: str
    state: State
    found: str
    required: str = ""
    remedy: str = ""

    @property
    def ok(self) -> bool:
        """Return whether nothing needs to be done."""
        return self.state != "not_ok"

    def as_json(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        return {**asdict(self), "ok": self.ok}


def judged(name: str, *, ok: bool, found: str, required: str = "", remedy: str = "") -> Finding:
    """Return a finding that is ok or not; the remedy is dropped if it is ok."""
    return Finding(name, "ok" if ok else "not_ok", found, required, "" if ok else remedy)


def not_applicable(name: str, why: str, *, required: str = "") -> Finding:
    """Return the finding of a check that does not concern this host, with the reason."""
    return Finding(name, "not_applicable", why, required)
