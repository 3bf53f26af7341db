"""The signals that hold, cap or note a reward, each with its severity and cap.

The words for people are in `pilot/words/why.*.toml` under the same names; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Severity = Literal["hold", "cap", "note"]

HOLD_DAYS = 7  # the deadline of the review of a held reward, promised to the guest
THIN_CAP = 45  # the rubric's "thin": saved and shown, never paid

SIGNALS_VERSION = "2026-11.5"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason.

    Attributes:
        severity: hold (a person decides), cap (the score counts as at most `cap`) or note (nothing follows).
        cap: The maximum score that counts; None unless it caps.
    """

    severity: Severity
    cap: int | None = None


REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        "copied_exactly": Reason("cap", THIN_CAP),
        "copied_nearly": Reason("hold"),
        "ring": Reason("hold"),
        "device_chain": Reason("hold"),
        "code_hopping": Reason("hold"),
        "outside_hours_pattern": Reason("hold"),
        "burst": Reason("hold"),
        "inhuman_speed": Reason("hold"),
        "network_often": Reason("hold"),
        "device_often": Reason("note"),
        "device_overlap": Reason("note"),
        "outside_hours": Reason("note"),
        "urgent": Reason("note"),
    }
)
