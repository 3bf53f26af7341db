"""The event contract as SQL: accepts valid lines by columns instead of one by one.

Generated from the JSON Schema of the pydantic models, so it cannot drift from them. It reads JSON tokens (`1`, `"sv"`,
`null`; SQL's NULL for a missing field) and is stricter than the models, which also accept `"1"` for 1: a line that it
rejects is parsed by `pilot.events.parse_event`, which decides. A test compares the two.

`read_day` needs it for large days: parsing a line with pydantic takes 25 µs of CPU, more than all of `read_day` takes a
line by columns (19 µs).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pilot.business_days import day_bounds
from pilot.events import EVENTS, Event

LARGEST_INTEGER = 2**63 - 1
ENVELOPE: tuple[str, ...] = tuple(Event.model_json_schema(by_alias=True)["properties"])
KNOWN_FIELDS: dict[str, tuple[str, ...]] = {name: tuple(model.model_fields) for name, model in EVENTS.items()}

_UUID7 = '"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"'
_MOMENT = r'"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z"'
_PLAIN_NUMBERS = r"\[([0-9]{1,15}(\.[0-9]{1,20})?(,[0-9]{1,15}(\.[0-9]{1,20})?)*)?\]"
_PLAIN_TEXTS = r'\[("[^"\\]*"(,"[^"\\]*")*)?\]'


@dataclass(frozen=True, slots=True)
class EventSql:
    """SQL that validates the `data` of one known event.

    Attributes:
        paths: The JSON paths to extract, in the order of the list `fields`.
        condition: Over `fields`: the data is valid.
        complete: Over `fields` and the list `data_names`: every known field is present once, and no other.
    """

    paths: tuple[str, ...]
    condition: str
    complete: str


def tokens(column: str, paths: Sequence[str]) -> str:
    """Return the expression for the JSON tokens at some paths of a column, as a list, in one parse."""
    listed = ", ".join(f"'{path}'" for path in paths)
    return f"json_extract({column}, [{listed}])::VARCHAR[]"


def envelope(field: str) -> str:
    """Return the expression for an envelope field's token, over the list `envelope`."""
    return f"envelope[{ENVELOPE.index(field) + 1}]"


def envelope_text(field: str) -> str:
    """Return the expression for the text of an envelope field; for lines that passed `envelope_is_good`."""
    return f"{envelope(field)}[2:-2]"


def envelope_is_good(day: date) -> str:
    """Return the condition, over the list `envelope`, that the envelope is valid and belongs to `day`."""
    first, after = (_uuid_prefix(int(moment.timestamp() * 1000)) for moment in day_bounds(day))
    session = f"{envelope('session_id')}[2:14]"
    return " AND ".join(
        (
            _integer(envelope("schema"), minimum=1),
            f"regexp_full_match({envelope('event_id')}, '{_UUID7}')",
            f"regexp_full_match({envelope('session_id')}, '{_UUID7}')",
            f"{session} >= '{first}' AND {session} < '{after}'",
            f"regexp_full_match({envelope('at')}, '{_MOMENT}')",
            f"TRY_CAST({envelope('at')}[2:-3] AS TIMESTAMP) IS NOT NULL",
            _plain_text(envelope("event"), longest=60),
            _plain_text(envelope("cafe")),
            _plain_text(envelope("edge")),
            _integer(envelope("epoch"), minimum=1),
            _integer(envelope("seq"), minimum=0),
            f"{envelope('simulated')} IN ('true', 'false')",
            f"starts_with({envelope('data')}, '{{')",
        )
    )


@functools.cache
def known_events() -> dict[str, EventSql]:
    """Return the SQL of each known event, generated once from the models."""
    return {name: _event(model) for name, model in EVENTS.items()}


def _event(model: Any) -> EventSql:
    schema = model.model_json_schema()
    paths: list[str] = []
    condition = _object(schema, "$", schema.get("$defs", {}), paths)
    top = [number for number, path in enumerate(paths, 1) if path.count(".") == 1]
    complete = [f"len(data_names) = {len(top)}", *(f"fields[{number}] IS NOT NULL" for number in top)]
    return EventSql(tuple(paths), condition, " AND ".join(complete))


def _object(schema: Mapping[str, Any], path: str, definitions: Mapping[str, Any], paths: list[str]) -> str:
    conditions = ["true"]
    for name, field in schema.get("properties", {}).items():
        inner = f"{path}.{name}"
        paths.append(inner)
        token = f"fields[{len(paths)}]"
        condition = _field(field, token, inner, definitions, paths)
        conditions.append(condition if name in schema.get("required", ()) else f"({token} IS NULL OR {condition})")
    return f"({' AND '.join(conditions)})"


def _field(field: Mapping[str, Any], token: str, path: str, definitions: Mapping[str, Any], paths: list[str]) -> str:
    """Return the condition that a token matches a field's schema; unknown schemas match nothing."""
    if "$ref" in field:
        inner = definitions[str(field["$ref"]).rsplit("/", 1)[-1]]
        return f"(starts_with({token}, '{{') AND {_object(inner, path, definitions, paths)})"
    if "anyOf" in field:
        return f"({' OR '.join(_field(choice, token, path, definitions, paths) for choice in field['anyOf'])})"
    match field.get("type"):
        case "null":
            return f"{token} = 'null'"
        case "boolean":
            return f"{token} IN ('true', 'false')"
        case "string":
            return _string(field, token)
        case "integer":
            return _integer(token, minimum=field.get("minimum"), maximum=field.get("maximum"))
        case "number":
            return _number(token, minimum=field.get("minimum"), maximum=field.get("maximum"))
        case "array" if field.get("items") == {"type": "string"}:
            return f"regexp_full_match({token}, '{_PLAIN_TEXTS}')"
        case "array" if field.get("items") == {"type": "number", "minimum": 0}:
            return f"regexp_full_match({token}, '{_PLAIN_NUMBERS}')"
        case _:
            return "false"


def _string(field: Mapping[str, Any], token: str) -> str:
    if "enum" in field:
        choices = ", ".join(f"'\"{choice}\"'" for choice in field["enum"])
        return f"{token} IN ({choices})"
    conditions = [f"starts_with({token}, '\"')"]
    if "minLength" in field:
        conditions.append(f"length({token}) >= {int(field['minLength']) + 2}")
    if "maxLength" in field:  # Escapes make a token longer than its text: stricter, never looser.
        conditions.append(f"length({token}) <= {int(field['maxLength']) + 2}")
    return f"({' AND '.join(conditions)})"


def _plain_text(token: str, *, longest: int | None = None) -> str:
    """Return the condition for non-empty text without escapes, which can be sliced from its token."""
    bound = "" if longest is None else f" AND length({token}) <= {longest + 2}"
    return f"(starts_with({token}, '\"') AND NOT contains({token}, '\\') AND length({token}) > 2{bound})"


def _integer(token: str, *, minimum: float | None = None, maximum: float | None = None) -> str:
    low = -LARGEST_INTEGER if minimum is None else int(minimum)
    high = LARGEST_INTEGER if maximum is None else int(maximum)
    return f"(regexp_full_match({token}, '-?[0-9]+') AND TRY_CAST({token} AS BIGINT) BETWEEN {low} AND {high})"


def _number(token: str, *, minimum: float | None = None, maximum: float | None = None) -> str:
    number = f"TRY_CAST({token} AS DOUBLE)"
    bounds = [f"isfinite({number})"]
    if minimum is not None:
        bounds.append(f"{number} >= {minimum}")
    if maximum is not None:
        bounds.append(f"{number} <= {maximum}")
    return f"({' AND '.join(bounds)})"


def _uuid_prefix(millis: int) -> str:
    """Return the first 48 bits of a UUIDv7 of this time, as text that sorts by time."""
    digits = f"{millis:012x}"
    return f"{digits[:8]}-{digits[8:]}"
