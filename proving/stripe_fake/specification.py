"""Validates requests and answers against the part of Stripe's official specification that payouts use.

`specification.json` is cut from the official document by `python scripts/cut_stripe_specification.py`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

_PART = re.compile(r"\[([^\]]*)\]")
_WHOLE = re.compile(r"-?\d+")


class SpecificationViolation(Exception):
    """A request that Stripe would refuse, or an answer that Stripe would not give.

    Attributes:
        parameter: The name of the invalid field.
        missing: Whether the field is required and missing.
        unknown: Whether the field is unknown.
    """

    def __init__(self, text: str, *, parameter: str, missing: bool = False, unknown: bool = False) -> None:
        super().__init__(text)
        self.parameter = parameter
        self.missing = missing
        self.unknown = unknown


@dataclass(frozen=True)
class Operation:
    """One operation: a method on a path template."""

    method: str
    template: str
    named: dict[str, str]

    def read(self, text: str) -> dict[str, Any]:
        """Return the fields of a query or a form, typed.

        Raises:
            SpecificationViolation: a field is missing, unknown or of the wrong type.
        """
        schema = _document()["paths"][self.template][self.method]["query" if self.method == "get" else "form"]
        given = _typed(_nested(text), schema)
        _check(_validator(self.template, self.method, "query" if self.method == "get" else "form"), given)
        found: dict[str, Any] = given
        return found

    def check_answer(self, answer: dict[str, Any]) -> None:
        """Validate an answer.

        Raises:
            SpecificationViolation: Stripe would not give this answer.
        """
        _check(_validator(self.template, self.method, "answer"), answer)


def operation(method: str, path: str) -> Operation | None:
    """Return the operation of a request; None if payouts use no such operation."""
    for template, methods in _document()["paths"].items():
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), path)
        if found and method.lower() in methods:
            return Operation(method.lower(), template, found.groupdict())
    return None


def check(name: str, thing: dict[str, Any]) -> None:
    """Validate an object (an event, an error) against its schema.

    Raises:
        SpecificationViolation: the object is invalid.
    """
    _check(_named(name), thing)


def version() -> str:
    """Return the specification's version."""
    return str(_document()["version"])


@cache
def _document() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("specification.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@cache
def _validator(template: str, method: str, part: str) -> Draft202012Validator:
    schema = _document()["paths"][template][method][part]
    return Draft202012Validator({"components": _document()["components"], "allOf": [schema]})


@cache
def _named(name: str) -> Draft202012Validator:
    reference = {"$ref": f"#/components/schemas/{name}"}
    return Draft202012Validator({"components": _document()["components"], "allOf": [reference]})


def _check(validator: Draft202012Validator, thing: object) -> None:
    error = best_match(validator.iter_errors(thing))
    if error is None:
        return
    name = ".".join(str(part) for part in error.absolute_path)
    if error.validator == "required":
        missing = next(each for each in error.validator_value if each not in error.instance)
        raise SpecificationViolation(f"Missing required param: {missing}.", parameter=missing, missing=True)
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        extra = next(each for each in error.instance if each not in known)
        raise SpecificationViolation(f"Received unknown parameter: {extra}", parameter=extra, unknown=True)
    raise SpecificationViolation(f"Invalid {name or 'request'}: {error.message[:200]}", parameter=name)


def _nested(text: str) -> dict[str, Any]:
    """Return `a[b][c]=d` as nested dicts, as Stripe's clients write them."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        parts = [name.split("[", 1)[0], *_PART.findall(name)]
        at = found
        for part in parts[:-1]:
            at = at.setdefault(part, {})
        at[parts[-1]] = value
    return found


def _typed(value: Any, schema: dict[str, Any]) -> Any:
    """Return a form's value with its schema's types; a value that fits none stays text, and is refused."""
    if "$ref" in schema:
        schema = _document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        tried = [_typed(value, each) for each in schema["anyOf"]]
        kind = dict if isinstance(value, dict) else str
        return next((each for each in tried if not isinstance(each, kind)), tried[0])
    if isinstance(value, dict):
        if schema.get("type") == "array":
            return [_typed(each, schema["items"]) for _, each in sorted(value.items())]
        known, rest = schema.get("properties", {}), schema.get("additionalProperties")
        return {
            name: _typed(each, known.get(name, rest if isinstance(rest, dict) else {})) for name, each in value.items()
        }
    if schema.get("type") == "integer" and _WHOLE.fullmatch(value):
        return int(value)
    if schema.get("type") == "boolean" and value in ("true", "false"):
        return value == "true"
    return value
