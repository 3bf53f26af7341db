"""Lists the figures of a reading's type, and turns a reading into rows as a query returns them."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from inspect import getmembers, unwrap
from typing import Any, get_args, get_origin, get_type_hints

from proving.analytics.registration import Query, Reading

ITSELF = "itself"
_Chain = tuple[tuple[Any, ...], tuple[Any, ...]]  # the objects on the way, innermost last; the keys of mappings


def kind_of(reading: Reading) -> Any:
    """Return the type of what a reading shows."""
    return reading.kind if reading.kind is not None else _returned(unwrap(reading.function))


def figures_of(kind: Any, at: str = "") -> Iterator[str]:
    """Yield the figures of a type: each field and property that is no structure itself."""
    inner = _inner(kind)
    if inner is not kind:
        yield from figures_of(inner, at)
    elif get_origin(kind) is tuple:  # of fixed length
        for place, each in enumerate(get_args(kind)):
            yield from figures_of(each, _joined(at, str(place)))
    elif isinstance(kind, type) and is_dataclass(kind):
        for name, hint in _parts(kind).items():
            yield from figures_of(hint, _joined(at, name))
    else:
        yield at


def dataclasses_of(kind: Any) -> set[type]:
    """Return the dataclasses that a type is made of."""
    inner = _inner(kind)
    if inner is not kind:
        return dataclasses_of(inner)
    if get_origin(kind) is tuple:
        return set().union(*(dataclasses_of(each) for each in get_args(kind)))
    if isinstance(kind, type) and is_dataclass(kind):
        return {kind}.union(*(dataclasses_of(hint) for hint in _parts(kind).values()))
    return set()


def recomputed(query: Query, columns: Sequence[str]) -> list[str]:
    """Return the figures that a query's columns recompute."""
    return [query.part if name == ITSELF else _joined(query.part, name) for name in columns]


def is_no_figure(reading: Reading, figure: str) -> bool:
    """Return whether a part was registered as no figure."""
    return any(figure == part or figure.startswith(f"{part}.") for part in reading.no_figures)


def rows_of(shown: Any, query: Query, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Return the columns of a query as a reading shows them, one row for each object at the query's part."""
    chains: list[_Chain] = list(_spread(shown, ((), ())))
    for name in filter(None, query.part.split(".")):
        chains = [
            each
            for objects, keys in chains
            if objects and objects[-1] is not None
            for each in _spread(_get(objects[-1], name), (objects, keys))
        ]
    return [_row(objects, keys, columns) for objects, keys in chains if objects[-1] is not None]


def _returned(function: Callable[..., Any]) -> Any:
    """Return the type that a function returns; its arguments' types may be importable for checkers only."""
    hints = {"__annotations__": {"returned": function.__annotations__["return"]}, "__module__": function.__module__}
    return get_type_hints(type("Returned", (), hints))["returned"]


def _row(objects: tuple[Any, ...], keys: tuple[Any, ...], columns: Sequence[str]) -> dict[str, Any]:
    left, row = list(keys), {}
    for name in columns:
        owner = next((each for each in reversed(objects) if _has(each, name)), None)
        if owner is not None:
            row[name] = _get(owner, name)
        elif name == ITSELF:
            row[name] = objects[-1]
        else:
            row[name] = left.pop(0) if left else None
    return row


def _spread(value: Any, chain: _Chain) -> Iterator[_Chain]:
    """Yield each object of a sequence or mapping; a mapping to plain values is one object itself."""
    objects, keys = chain
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _spread(each, (objects, (*keys, *(key if isinstance(key, tuple) else (key,)))))
    elif isinstance(value, list | tuple) and _is_of_objects(value):
        for each in value:
            yield from _spread(each, (objects, keys)) if not isinstance(each, tuple) else [((*objects, each), keys)]
    else:
        yield (*objects, value), keys


def _is_of_objects(value: Sequence[Any]) -> bool:
    return not value or is_dataclass(value[0]) or isinstance(value[0], tuple)


def _has(owner: Any, name: str) -> bool:
    if isinstance(owner, tuple):
        return name.isdigit() and int(name) < len(owner)
    return is_dataclass(owner) and hasattr(owner, name)


def _get(owner: Any, name: str) -> Any:
    return owner[int(name)] if isinstance(owner, tuple) else getattr(owner, name)


def _parts(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    found = {field.name: hints[field.name] for field in fields(kind)}
    for name, member in getmembers(kind, lambda one: isinstance(one, property)):
        found[name] = get_type_hints(member.fget)["return"]
    return found


def _inner(kind: Any) -> Any:
    """Return the type of a sequence's or mapping's elements, or of what is not None; else itself."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return next(each for each in args if each is not type(None))
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return args[0]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return args[-1] if len(args) == 2 else int  # a Counter
    if isinstance(origin, type) and issubclass(origin, Sequence) and origin is not tuple:
        return args[0]
    return kind


def _joined(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
