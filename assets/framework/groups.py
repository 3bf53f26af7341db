"""The groups of the graph, and who answers for what is in them."""

from __future__ import annotations

OWNER = "team:data"

# What a group means is in docs/assets.md. Groups that are not named here are the data team's.
OWNERS = {"money": "team:payments", "reports": "team:pilot", "outside": "team:edge"}


def owners(group: str) -> list[str]:
    """Return who answers for the assets of a group."""
    return [OWNERS.get(group, OWNER)]
