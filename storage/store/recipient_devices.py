"""Which recipient a remembered device was: its guest need not tell the provider everything again, for thirty days."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, insert, select, update

from storage.store.claims import Recipient
from storage.store.engine import Store, serialise
from storage.store.money_schema import reward_decisions
from storage.store.payout_schema import recipients
from storage.store.provider_schema import recipient_devices

REMEMBERED = timedelta(days=30)


def remember(store: Store, *, device: str, rail: str, recipient_id: str) -> None:
    """Note whose device it is; seen again it counts anew.

    Args:
        store: The store.
        device: The hash of the device's token, which a guest consented to.
        rail: The rail that the recipient is paid on.
        recipient_id: The recipient.
    """
    mine = (recipient_devices.c.device == device, recipient_devices.c.rail == rail)
    with store.begin() as connection:
        serialise(connection, f"recipient device:{rail}:{device}")
        values = {"recipient_id": recipient_id, "seen_at": store.now()}
        if not connection.execute(update(recipient_devices).where(*mine).values(values)).rowcount:
            connection.execute(insert(recipient_devices).values(device=device, rail=rail, **values))


def of_reward(store: Store, reward_id: str) -> str | None:
    """Return the device's hash that a reward was decided with, None where its guest did not consent to it."""
    with store.reading() as connection:
        query = select(reward_decisions.c.device).where(reward_decisions.c.reward_id == reward_id)
        return connection.execute(query).scalar()


def find(store: Store, *, device: str, rail: str, simulated: bool) -> Recipient | None:
    """Return the recipient of a device, None where none is remembered or it was too long ago."""
    query = (
        select(recipients.c.id, recipients.c.rail, recipients.c.account, recipients.c.simulated, recipients.c.added_at)
        .join(recipient_devices, recipient_devices.c.recipient_id == recipients.c.id)
        .where(
            recipient_devices.c.device == device,
            recipient_devices.c.rail == rail,
            recipient_devices.c.seen_at > store.now() - REMEMBERED,
            recipients.c.simulated == simulated,
        )
    )
    with store.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else Recipient(*row)


def forget_old(store: Store) -> int:
    """Forget the devices that were not seen for thirty days; return how many."""
    with store.begin() as connection:
        old = recipient_devices.c.seen_at <= store.now() - REMEMBERED
        return connection.execute(delete(recipient_devices).where(old)).rowcount
