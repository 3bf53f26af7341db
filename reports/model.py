"""The report's model: every figure and text that it shows, frozen as JSON with its hash.

A model holds aggregates, managers' own texts and approved, redacted quotes; of a guest it holds the session of each
quote, so that an erasure can remove it. PDF and page are functions of the model and the version of the program.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from pilot.business_days import day_bounds
from pilot.errors import PilotError
from pilot.kpis import KPIS
from pilot.lake_tables.report_tables import ALL_CAFES
from pipelines.statistics.further_days import another_cafe, further_days
from reports.cafe_readings import cafe_rows
from reports.case_readings import cases_read
from reports.lake_readings import MOST_DOWN, TABLES, Readings
from reports.many_cafes import ManyCafes, many_cafes
from reports.outage_readings import outages_read
from reports.procedures import changed_procedures
from reports.quotes import approved
from reports.scope import Scope
from reports.store_readings import alerts_read, incidents_read, survey_read

if TYPE_CHECKING:
    from storage.home import Home

FORMAT = 1
DIGITS = 10  # significant ones of each number
MOST_CAFES_BY_DAY = 12  # of more cafés the report shows their distribution, and the data file each of them
Model = dict[str, Any]


class ChangedModel(PilotError):
    """A frozen model does not have the hash that it states."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A report's figures.

    Attributes:
        model: The frozen model.
        data_file: Each café's figures as CSV; None for a report that shows each café itself.
    """

    model: Model
    data_file: bytes | None = None


def build_model(home: Home, scope: Scope, *, server_kr: float | None = None) -> Model:
    """Return the frozen model of a scope, as `build_figures`."""
    return build_figures(home, scope, server_kr=server_kr).model


def build_figures(home: Home, scope: Scope, *, server_kr: float | None = None) -> Figures:
    """Return the frozen model of a scope, and over very many cafés the file of each café's figures.

    Args:
        home: The home.
        scope: The scope.
        server_kr: What a server costs a month, kronor; None if nobody stated it.

    Raises:
        LakeDamaged: a table cannot be read.
    """
    _, end = day_bounds(scope.last)
    few = len(scope.cafes) <= MOST_CAFES_BY_DAY
    many: ManyCafes | None = None
    with home.lake().snapshot(*TABLES, days=scope.days) as snapshot:
        read = Readings(snapshot, scope, day=scope.last)
        metrics, down = read.metrics(), read.down()
        together = ALL_CAFES if scope.whole else scope.cafes[0].id
        model: Model = {
            "format": FORMAT,
            "first": scope.first,
            "last": scope.last,
            "planned_days": scope.planned_days,
            "final": scope.final,
            "simulated": scope.simulated,
            "whole": scope.whole,
            "made_for": end,
            "cafes": [_cafe(cafe) for cafe in scope.cafes],
            "days_left_out": max((row["days_left_out"] for row in metrics), default=0),
            "kpis": [
                _kpi(row, metrics, scope)
                for kpi in KPIS
                for row in metrics
                if row["cafe"] == together and row["kpi"] == kpi
            ],
            "by_cafe": [row for row in metrics if row["cafe"] != ALL_CAFES] if few else [],
            "metric_days": read.metric_days() if few else [],
            "volumes": read.volumes() if few else [],
            "days": read.days(),
            "funnel": read.funnel(),
            "stages": read.stages(),
            "outages": outages_read(home, scope, down),
            "outages_of": MOST_DOWN if sum(map(len, down.values())) == MOST_DOWN else None,
            "uptime": read.uptime(),
            "payments": read.payments(),
            "rewards": read.rewards(),
            "held_for": read.held_for(),
            "satisfaction": read.satisfaction(),
            "themes": read.themes(),
            "impact": read.impact(),
            "returning": read.returning(),
            "capacity": read.capacity(),
            "troubles": read.troubles(),
            "load": read.load(),
        }
        if not few:
            many = many_cafes(cafe_rows(read, scope), scope)
    store = home.store()
    model |= {
        "cases": cases_read(home, scope, until=end),
        "incidents": incidents_read(store, scope),
        "survey": survey_read(store, scope, home.cafes().pilot),
        "alerts": alerts_read(store, scope),
        "procedures": changed_procedures(scope.first, until=scope.last) if scope.whole else None,
        "inputs": {"server_kr": server_kr},
        "quotes": approved(home, scope),
        "many": None if many is None else many.summary,
    }
    return Figures(frozen(model), None if many is None else many.data_file)


def frozen(model: Mapping[str, Any]) -> Model:
    """Return a model of JSON values only, with its hash."""
    own = {name: value for name, value in model.items() if name != "hash"}
    # Sums of floats differ in their last digits with the order of the engine's threads.
    # In one order of keys, so that what is read back is drawn in the same order.
    text = json.dumps(own, default=_plain, sort_keys=True)
    plain = json.loads(text, parse_float=lambda digits: float(f"{float(digits):.{DIGITS}g}"))
    return _with_hash(plain, hashlib.sha256(_canonical(plain)).hexdigest())


def model_bytes(model: Model) -> bytes:
    """Return a frozen model's file."""
    return json.dumps(model, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"


def read_model(body: bytes) -> Model:
    """Return the model of a file.

    Raises:
        ChangedModel: its content is not that of its hash.
    """
    try:
        model = json.loads(body)
        stated = model.pop("hash")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ChangedModel("The file is no frozen model.", remedy="Make the report again: `pilot report`.") from None
    if hashlib.sha256(_canonical(model)).hexdigest() != stated:
        raise ChangedModel(
            "The frozen model was changed after it was approved: its hash differs.",
            remedy="Put back the model from a PDF, in which it is attached, or make the report again: `pilot report`.",
        )
    return _with_hash(model, stated)


def without_sessions(model: Model, sessions: Collection[str]) -> Model | None:
    """Return a model frozen anew without the quotes of some sessions; None if it has none of them."""
    kept = [each for each in model["quotes"] if each["session_id"] not in sessions]
    return frozen({**model, "quotes": kept}) if len(kept) < len(model["quotes"]) else None


def _with_hash(model: Model, digest: str) -> Model:
    return dict(sorted({**model, "hash": digest}.items()))


def _cafe(cafe: Any) -> dict[str, Any]:
    band = cafe.expected_feedbacks_per_day
    return {"id": cafe.id, "name": cafe.name, "city": cafe.city, "band": [band.low, band.high]}


def _kpi(row: Mapping[str, Any], metrics: Sequence[Mapping[str, Any]], scope: Scope) -> dict[str, Any]:
    """Return a metric with the days that would tell more, and what another café's value could be."""
    more, other = None, None
    ends = row["low"], row["high"]
    if (
        row["verdict"] == "cannot_tell"
        and row["value"] is not None
        and None not in ends
        and row["interval"] != "census"
    ):
        more = further_days(value=row["value"], low=ends[0], high=ends[1], target=row["target"], days=len(scope.days))
    shares = [each["value"] for each in metrics if each["kpi"] == row["kpi"] and each["cafe"] != ALL_CAFES]
    if KPIS[row["kpi"]].interval == "wilson" and None not in shares:
        other = another_cafe(shares)
    return {**row, "further_days": more, "another_cafe": other}


def _canonical(model: Mapping[str, Any]) -> bytes:
    return json.dumps(model, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a model has no {type(value).__name__}")
