"""The projection of receipts from the landing: none is lost with a dead replica, none is saved twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pilot.business_days import session_day
from pilot.identifiers import new_identifier
from storage.errors import StoreAway
from storage.landing.segments import publish
from storage.store.cafes import trial_slots
from storage.store.rewards import receipts
from voice_edge.receipts.projection import ReceiptProjection

GOOD = "Kaffet var gott men kön vid disken var en kvart lång vid lunch i dag."


@pytest.fixture
async def lost(replica):
    """Return a receipt that a replica without a store could not save before it died."""
    await replica.edge.codes.find(replica.code)
    replica.store_away = True
    async with replica.page() as page:
        await page.begin("text", simulated=False)
        await page.write(GOOD)
        await page.send("finish")
        await page.until("completed")
    receipt = next(iter(replica.edge.receipts._waiting.values()))
    replica.edge.receipts._waiting.clear()
    replica.edge.doors.trials._waiting.clear()
    publish(replica.home.segments(), replica.log.events, replica="edge1", identifier=new_identifier())
    return receipt


def projection(replica) -> ReceiptProjection:
    return ReceiptProjection(
        lambda: replica.home.store(), lambda: replica.home.segments(), cafes=replica.edge.cafes, clock=replica.clock
    )


async def test_an_unsaved_receipt_is_recovered_and_its_slot_used(replica, lost):
    store = replica.home.store()
    assert receipts.by_hash(store, lost.receipt_hash) is None
    assert projection(replica).project() == 1
    found = receipts.by_hash(store, lost.receipt_hash)
    assert found is not None
    assert replace(found, created_at=lost.created_at) == lost
    assert trial_slots.usage(store, replica.edge.cafe("aurora")).used == 1


async def test_projecting_again_reads_and_saves_nothing_twice(replica, lost):
    projecting = projection(replica)
    assert [projecting.project() for _ in range(3)] == [1, 0, 0]
    assert projection(replica).project() == 0
    assert trial_slots.usage(replica.home.store(), replica.edge.cafe("aurora")).used == 1


async def test_a_projection_that_found_no_store_is_repeated(replica, lost):
    away = True

    def open_store():
        if away:
            raise StoreAway("Away.", remedy="Wait.")
        return replica.home.store()

    projecting = ReceiptProjection(open_store, replica.home.segments, cafes=replica.edge.cafes, clock=replica.clock)
    with pytest.raises(StoreAway):
        projecting.project()
    away = False
    assert projecting.project() == 1


async def test_a_damaged_segment_hides_no_other(replica, lost):
    segments = replica.home.segments()
    day = session_day(lost.session_id)
    broken = publish(segments, replica.log.events[:1], replica="edge2", identifier=new_identifier())[0]
    path = replica.home.root / "landing" / broken.path
    path.chmod(0o600)
    path.write_bytes(b"broken")
    assert len(segments.list(day)) == 2
    assert projection(replica).project() == 1
