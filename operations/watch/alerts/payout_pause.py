"""Pauses payouts when payment processing begins to fail; a person starts them again.

The queue is kept. Only the beginning of an alert pauses: after a person has started payouts again, the same alert does
not stop them. Vouchers need no provider: refusals at a till pause nothing.
"""

from __future__ import annotations

from collections.abc import Collection

import structlog

from storage.store.cafes import switches
from storage.store.engine import Store
from storage.store.payouts.payment_facts import VOUCHER

ACTOR = "watch"
NAMES = ("payment_failures", "payments_broken")

_log = structlog.get_logger("operations.watch")


def pause_payouts(store: Store, begun: Collection[tuple[str, str]]) -> bool:
    """Stop payouts if an alert of payments has just begun; return whether they were stopped.

    Args:
        store: The store.
        begun: Name and subject of the alerts that have just begun.
    """
    causes = sorted(f"{name} {subject}" for name, subject in begun if name in NAMES and subject != VOUCHER)
    if not causes or switches.find(store, "rewards_stopped").is_on:
        return False
    switches.turn(store, "rewards_stopped", on=True, actor=ACTOR, reason=f"Paused by the alert {', '.join(causes)}")
    _log.error("payouts are paused", causes=causes)
    return True
