"""Panels and dashboards in Grafana's classic JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

SCHEMA_VERSION = 39  # Grafana 10 and later read it; the newer schema cannot be provisioned from files.
DATASOURCE = {"type": "prometheus", "uid": "prometheus"}
COLUMNS = 24

PanelKind = Literal["timeseries", "stat", "table", "bargauge"]
Unit = Literal["percentunit", "s", "short", "bytes", "none", "reqps"]


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel.

    Attributes:
        expression: In Prometheus' query language.
        legend: The series' name, with `{{label}}`.
    """

    expression: str
    legend: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel.

    Attributes:
        title: What it shows.
        queries: Its queries.
        kind: How it shows them.
        unit: The unit of its values.
        description: How it is computed, and the target.
        width: Of 24 columns.
        height: In rows.
        limit: A line at this value; None for none.
    """

    title: str
    queries: Sequence[Query]
    kind: PanelKind = "timeseries"
    unit: Unit = "short"
    description: str = ""
    width: int = 12
    height: int = 8
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard.

    Attributes:
        uid: The last part of its address: /d/<uid>.
        title: Its title.
        panels: Its panels, in reading order.
    """

    uid: str
    title: str
    panels: Sequence[Panel]

    def as_json(self) -> dict[str, Any]:
        """Return the dashboard as Grafana reads it."""
        return {
            "uid": self.uid,
            "title": self.title,
            "schemaVersion": SCHEMA_VERSION,
            "version": 1,
            "editable": False,
            "graphTooltip": 1,
            "refresh": "1m",
            "time": {"from": "now-24h", "to": "now"},
            "timezone": "Europe/Stockholm",
            "tags": ["pilot"],
            "templating": {"list": []},
            "annotations": {"list": []},
            "panels": list(_placed(self.panels)),
        }


def _placed(panels: Sequence[Panel]) -> list[dict[str, Any]]:
    """Return the panels from left to right, and from top to bottom."""
    placed, left, top, row = [], 0, 0, 0
    for number, panel in enumerate(panels, start=1):
        if left + panel.width > COLUMNS:
            left, top, row = 0, top + row, 0
        placed.append(_panel(panel, number=number, left=left, top=top))
        left, row = left + panel.width, max(row, panel.height)
    return placed


def _panel(panel: Panel, *, number: int, left: int, top: int) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.limit is not None:
        steps.append({"color": "red", "value": panel.limit})
    custom = {"thresholdsStyle": {"mode": "line" if panel.limit is not None else "off"}}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": DATASOURCE,
        "gridPos": {"x": left, "y": top, "w": panel.width, "h": panel.height},
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "noValue": "no data",
                "thresholds": {"mode": "absolute", "steps": steps},
                "custom": custom if panel.kind == "timeseries" else {},
            },
            "overrides": [],
        },
        "options": {} if panel.kind == "timeseries" else {"reduceOptions": {"calcs": ["lastNotNull"]}},
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": DATASOURCE,
                "expr": query.expression,
                "legendFormat": query.legend,
                "instant": panel.kind in ("stat", "table", "bargauge"),
                "range": panel.kind == "timeseries",
            }
            for place, query in enumerate(panel.queries)
        ],
    }
