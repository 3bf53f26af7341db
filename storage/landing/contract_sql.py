"""The event contract as SQL: which lines are surely good, decided by columns instead of line by line.

Written from the pydantic models' own JSON Schema, so it cannot drift from them. It is stricter than the models (which
also take `"1"` for 1): a line that it does not pass is parsed by `pilot.events.parse_event`, which has the last word.
A test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pilot.business_days import day_bounds
from pilot.events import EVENTS, Event

UUID7 = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
MOMENT = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z"
LARGEST_INTEGER = 2**63 - 1

ENVELOPE = tuple(Event.model_json_schema(by_alias=True)["properties"])


def known_fields() -> dict[str, tuple[str, ...]]:
    """Return the names of each known event's fields."""
    return {name: tuple(model.model_fields) for name, model in EVENTS.items()}


def line_is_good(day: date) -> str:
    """Return the condition that a line (column `line`, JSON) keeps the contract and belongs to `day`."""
    first, after = (_uuid_prefix(int(moment.timestamp() * 1000)) for moment in day_bounds(day))
    envelope = " AND ".join(
        (
            _integer("$.schema", minimum=1),
            f"{_text('$.event_id')} AND regexp_full_match({_value('$.event_id')}, '{UUID7}')",
            f"{_text('$.session_id')} AND regexp_full_match({_value('$.session_id')}, '{UUID7}')",
            f"{_value('$.session_id')}[1:13] >= '{first}' AND {_value('$.session_id')}[1:13] < '{after}'",
            f"{_text('$.at')} AND regexp_full_match({_value('$.at')}, '{MOMENT}')",
            f"TRY_CAST({_value('$.at')}[1:-2] AS TIMESTAMP) IS NOT NULL",
            f"{_text('$.event')} AND length({_value('$.event')}) BETWEEN 1 AND 60",
            f"{_text('$.cafe')} AND length({_value('$.cafe')}) >= 1",
            f"{_text('$.edge')} AND length({_value('$.edge')}) >= 1",
            _integer("$.epoch", minimum=1),
            _integer("$.seq", minimum=0),
            f"{_kind('$.simulated')} = 'BOOLEAN'",
            f"{_kind('$.data')} = 'OBJECT'",
        )
    )
    # An event that this version does not know may hold anything.
    cases = " ".join(f"WHEN '{name}' THEN {_model(model)}" for name, model in EVENTS.items())
    return f"coalesce({envelope} AND CASE {_value('$.event')} {cases} ELSE true END, false)"


def _model(model: Any) -> str:
    schema = model.model_json_schema()
    return _object(schema, "$.data", schema.get("$defs", {}))


def _object(schema: Mapping[str, Any], path: str, definitions: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    conditions = []
    for name, field in schema.get("properties", {}).items():
        condition = _field(field, f"{path}.{name}", definitions)
        conditions.append(condition if name in required else f"({_kind(f'{path}.{name}')} IS NULL OR {condition})")
    return f"({' AND '.join(conditions) or 'true'})"


def _field(field: Mapping[str, Any], path: str, definitions: Mapping[str, Any]) -> str:
    """Return the condition that the value at `path` fits; a schema that is not known here passes nothing."""
    if "$ref" in field:
        inner = definitions[str(field["$ref"]).rsplit("/", 1)[-1]]
        return f"({_kind(path)} = 'OBJECT' AND {_object(inner, path, definitions)})"
    if "anyOf" in field:
        return f"({' OR '.join(_field(choice, path, definitions) for choice in field['anyOf'])})"
    match field.get("type"):
        case "null":
            return f"{_kind(path)} = 'NULL'"
        case "boolean":
            return f"{_kind(path)} = 'BOOLEAN'"
        case "string":
            return _string(field, path)
        case "integer":
            return _integer(path, minimum=field.get("minimum"), maximum=field.get("maximum"))
        case "number":
            return _number(path, minimum=field.get("minimum"), maximum=field.get("maximum"))
        case "array" if field.get("items") == {"type": "string"}:
            return (
                f"({_kind(path)} = 'ARRAY' AND "
                f"len(list_filter(json_type(line, '{path}[*]'), lambda kind: kind <> 'VARCHAR')) = 0)"
            )
        case _:
            return "false"


def _string(field: Mapping[str, Any], path: str) -> str:
    conditions = [_text(path)]
    if "enum" in field:
        choices = ", ".join(f"'{choice}'" for choice in field["enum"])
        conditions.append(f"{_value(path)} IN ({choices})")
    if "maxLength" in field:
        conditions.append(f"length({_value(path)}) <= {int(field['maxLength'])}")
    if "minLength" in field:
        conditions.append(f"length({_value(path)}) >= {int(field['minLength'])}")
    return f"({' AND '.join(conditions)})"


def _integer(path: str, *, minimum: float | None = None, maximum: float | None = None) -> str:
    number = f"TRY_CAST({_value(path)} AS BIGINT)"
    low = -LARGEST_INTEGER if minimum is None else int(minimum)
    high = LARGEST_INTEGER if maximum is None else int(maximum)
    return f"({_kind(path)} IN ('UBIGINT', 'BIGINT') AND coalesce({number} BETWEEN {low} AND {high}, false))"


def _number(path: str, *, minimum: float | None = None, maximum: float | None = None) -> str:
    number = f"TRY_CAST({_value(path)} AS DOUBLE)"
    bounds = [f"isfinite({number})"]
    if minimum is not None:
        bounds.append(f"{number} >= {minimum}")
    if maximum is not None:
        bounds.append(f"{number} <= {maximum}")
    return f"({_kind(path)} IN ('UBIGINT', 'BIGINT', 'DOUBLE') AND coalesce({' AND '.join(bounds)}, false))"


def _text(path: str) -> str:
    return f"{_kind(path)} = 'VARCHAR'"


def _kind(path: str) -> str:
    return f"json_type(line, '{path}')"


def _value(path: str) -> str:
    return f"json_extract_string(line, '{path}')"


def _uuid_prefix(millis: int) -> str:
    """Return how a UUIDv7 of this time begins: its first 48 bits, as text that sorts by time."""
    digits = f"{millis:012x}"
    return f"{digits[:8]}-{digits[8:]}"
