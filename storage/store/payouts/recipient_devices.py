"""Remembered devices and their recipients, so that a returning guest skips the onboarding."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, insert, select

from storage.store.engine import Store, serialise
from storage.store.schemas.money import reward_decisions
from storage.store.schemas.payout import recipients
from storage.store.schemas.provider import recipient_devices

REMEMBERED = timedelta(days=30)  # As long as the device token, which has the guest's consent.


def remember(store: Store, *, device: str, rail: str, recipient_id: str) -> None:
    """Remember a device's recipient."""
    with store.begin() as connection:
        serialise(connection, f"device:{device}")
        mine = (recipient_devices.c.device == device) & (recipient_devices.c.rail == rail)
        connection.execute(delete(recipient_devices).where(mine))
        connection.execute(
            insert(recipient_devices).values(device=device, rail=rail, recipient_id=recipient_id, seen_at=store.now())
        )


def of_reward(store: Store, reward_id: str) -> str | None:
    """Return the hash of a reward's device, None without the guest's consent."""
    with store.reading() as connection:
        query = select(reward_decisions.c.device).where(reward_decisions.c.reward_id == reward_id)
        return connection.execute(query).scalar()


def find(store: Store, *, device: str, rail: str, simulated: bool) -> str | None:
    """Return the recipient of a device seen in the last 30 days, real or simulated as the reward."""
    query = (
        select(recipient_devices.c.recipient_id)
        .join(recipients, recipients.c.id == recipient_devices.c.recipient_id)
        .where(
            recipient_devices.c.device == device,
            recipient_devices.c.rail == rail,
            recipients.c.simulated == simulated,
            recipient_devices.c.seen_at > store.now() - REMEMBERED,
        )
    )
    with store.reading() as connection:
        found: str | None = connection.execute(query).scalar()
    return found


def forget_old(store: Store) -> int:
    """Delete the devices not seen for 30 days; return their number."""
    with store.begin() as connection:
        old = recipient_devices.c.seen_at <= store.now() - REMEMBERED
        return connection.execute(delete(recipient_devices).where(old)).rowcount
