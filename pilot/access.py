"""Who may do what: the roles, their permissions, and the signed-in principal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["manager", "support", "pilot_manager", "data", "admin"]
Permission = Literal[
    "feedback",  # guests' words and figures of the cafés that the principal may see
    "cafe.change",  # report customers, label feedback, work on cases, print codes of these cafés
    "harmful",  # harmful text and staff's names, uncovered
    "pilot",  # the figures of the whole pilot, and the comparison of cafés
    "money",  # payments: search, states
    "money.change",  # approve, release, pay by hand
    "cafes",  # limits, pause, codes and accounts of every café
    "technical",  # performance, alerts, data quality
    "alerts.change",  # acknowledge, judge and silence alerts
    "audit",  # the audit log
    "dagster",  # read Dagster's page
    "dagster.change",  # start and stop things there
    "monitoring",  # Grafana and Prometheus
    "accounts",  # invite and revoke
]

ROLES: tuple[Role, ...] = get_args(Role)
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)

OF_ROLE: dict[Role, frozenset[Permission]] = {
    "manager": frozenset({"feedback", "cafe.change", "harmful"}),
    "support": frozenset({"feedback", "money", "technical", "alerts.change", "monitoring"}),
    "pilot_manager": frozenset(PERMISSIONS) - {"dagster.change", "accounts"},
    "data": frozenset({"feedback", "pilot", "technical", "alerts.change", "dagster", "dagster.change", "monitoring"}),
    "admin": frozenset(PERMISSIONS),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """A signed-in account, as it is at one moment.

    Attributes:
        account: The account's id.
        email: Its address, or a local name such as admin@localhost; the actor in the audit log.
        role: Its role.
        cafes: The cafés that it may see; None for all.
        version: Rises with every change of the account: two principals of one version may see the same.
    """

    account: str
    email: str
    role: Role
    cafes: frozenset[str] | None
    version: int

    def may(self, permission: Permission) -> bool:
        """Return whether the role has the permission."""
        return permission in OF_ROLE[self.role]

    def sees(self, cafe: str) -> bool:
        """Return whether the café's rows may be shown."""
        return self.cafes is None or cafe in self.cafes
