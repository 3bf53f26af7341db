"""What a technical alert is: an expression, for how long it must hold, and its words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from operations.watch.alerts.alert_records import Severity

Unit = Literal["share", "seconds", "days", "count"]
FIELD = re.compile(r"\{(\w+)\}")
PAGE = "docs/operations/alert-causes.md"
DIGITS: Mapping[Unit, int] = {"share": 0, "seconds": 1, "days": 1, "count": 0}


@dataclass(frozen=True, slots=True)
class TechnicalAlert:
    """One alert on metrics. Several may share a name: each is a cause of the same kind of trouble.

    Attributes:
        name: The kind of alert, as in the alert's records.
        severity: high, medium, low; none for a signal that always fires.
        expression: Fires for each series that it selects, in Prometheus' query language.
        hold: How long it must have held; evaluated each minute.
        subject: What is affected; `{label}` stands for a label.
        text: The condition and the remedy; `{value}` stands for the value.
        unit: The unit of the value.
        forecast: Selects, for the same labels, the seconds until the worst; empty for none.
        scaling: The command that adds capacity; empty for an alert that more of it does not help.
        by_watch: Whether the watch evaluates it; it reports the others from better sources than metrics.
    """

    name: str
    severity: Severity | Literal["none"]
    expression: str
    subject: str
    text: str
    hold: timedelta = timedelta(0)
    unit: Unit = "count"
    forecast: str = ""
    scaling: str = ""
    by_watch: bool = True

    @property
    def page(self) -> str:
        """Return the section of the documentation about it."""
        return f"{PAGE}#{self.name}"

    def subject_of(self, labels: Mapping[str, str]) -> str:
        """Return the subject for a series' labels."""
        return FIELD.sub(lambda found: labels.get(found[1], ""), self.subject).strip()

    def text_of(self, labels: Mapping[str, str], *, value: float) -> str:
        """Return the text for a series' labels and value."""
        shown = self.shown(value)
        return FIELD.sub(lambda found: shown if found[1] == "value" else labels.get(found[1], ""), self.text)

    def shown(self, value: float) -> str:
        """Return a value in its unit."""
        if self.unit == "share":
            return f"{value * 100:.1f} %"
        unit = {"seconds": " s", "days": " days", "count": ""}[self.unit]
        return f"{value:.{DIGITS[self.unit]}f}{unit}"
