"""The keys of the fixed replies to a danger: who to tell, and 112 if life or health is at stake."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.language.reading import Danger

# Kinds whose words differ if somebody else is in danger.
_OF_OTHERS = frozenset({"allergy", "injury"})
_NOW = MappingProxyType({"collapse": "breathing"})
_KINDS = frozenset(
    "allergy breathing injury burn fire_or_gas electricity foreign_object violence harassment child_missing theft"
    " illness".split()
)
_EARLIER = MappingProxyType(
    {
        **dict.fromkeys(("allergy", "breathing", "collapse"), "life"),
        **dict.fromkeys(("illness", "foreign_object"), "health"),
        **dict.fromkeys(("injury", "burn"), "hurt"),
        **dict.fromkeys(("violence", "harassment", "child_missing"), "people"),
        **dict.fromkeys(("fire_or_gas", "electricity"), "building"),
        "theft": "theft",
    }
)


def danger_key(danger: Danger) -> str:
    """Return the key of the reply's phrases."""
    if danger.when == "earlier":
        return f"danger.earlier.{_EARLIER.get(danger.kind, 'health')}"
    kind = _NOW.get(danger.kind, danger.kind)
    if kind not in _KINDS:
        return "danger.now.other"
    if kind in _OF_OTHERS and danger.who != "guest":
        return f"danger.now.{kind}_of_another"
    return f"danger.now.{kind}"
