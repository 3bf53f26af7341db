"""The owners of the graph's groups."""

from __future__ import annotations

OWNER = "team:data"

# Groups are described in docs/assets.md. Those not named here belong to the data team.
OWNERS = {"money": "team:payments", "reports": "team:pilot", "outside": "team:edge"}


def owners(group: str) -> list[str]:
    """Return the owners of a group's assets."""
    return [OWNERS.get(group, OWNER)]
