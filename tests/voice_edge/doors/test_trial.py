"""Trial slots at the door: reserved at start, used at the end, released on leaving; store outages."""

from __future__ import annotations

import pytest

from storage.store.cafes import cafe_states, trial_slots
from storage.store.cafes.trial_slots import LEASE_AFTER_LOSS_SECONDS, LEASE_SECONDS, LEASE_UNTIL_CONSENT_SECONDS
from tests.voice_edge.replicas import eventually
from voice_edge.doors.trials import MOST_LOST_OF_NETWORK

GOOD = "Kaffet var gott men kön vid disken var en kvart lång vid lunch i dag. Sätt en till i kassan klockan tolv."


def usage(replica):
    return trial_slots.usage(replica.home.store(), replica.edge.cafe("aurora"))


async def settle(replica) -> None:
    """Settle the queued outcomes in the store."""
    assert await replica.edge.doors.trials.settle_waiting()


async def test_a_real_session_takes_one_slot_from_start_to_finish(replica):
    async with replica.page() as page:
        await page.hello(simulated=False)
        assert (usage(replica).reserved, usage(replica).used) == (0, 0)
        await page.send("start", mode="text", language="sv")
        await page.send("consent", granted=True, version="2026-11", scope=["transcript"])
        await page.until("question")
        assert (usage(replica).reserved, usage(replica).used) == (1, 0)
        await page.write(GOOD)
        await page.send("finish")
        await page.until("completed")
    await settle(replica)
    assert (usage(replica).reserved, usage(replica).used) == (0, 1)


async def test_leaving_releases_the_slot_and_a_connection_lost_after_words_keeps_it(replica):
    async with replica.page() as page:
        await page.begin("text", simulated=False)
        await page.send("leave")
        await page.closed()
    await settle(replica)
    assert usage(replica).reserved == 0
    async with replica.page() as page:
        await page.begin("text", simulated=False)
        await page.write(GOOD)
        await page.until("ack")
        snapshot = page.snapshot
    await eventually(lambda: replica.edge.sessions.count == 0)
    await settle(replica)
    assert usage(replica).reserved == 1
    async with replica.page() as page:
        await page.hello(simulated=False, resume=snapshot)
        await page.send("finish")
        await page.until("completed")
    await settle(replica)
    assert (usage(replica).reserved, usage(replica).used) == (0, 1)


async def test_simulated_sessions_take_no_real_slot(replica):
    async with replica.page() as page:
        await page.begin("text", simulated=True)
        await page.write(GOOD)
        await page.send("finish")
        await page.until("completed")
    await settle(replica)
    assert (usage(replica).reserved, usage(replica).used) == (0, 0)


async def test_a_full_trial_refuses_on_the_page_and_at_hello(client, replica, board, with_trial):
    with_trial(1)
    async with replica.page() as page:
        await page.begin("text", simulated=False)
        await board()
        assert "Vi har fått alla svar vi behöver" in (await client.get(f"/c/{replica.code}")).text
        async with replica.page() as late:
            await late.send("hello", v=1, code=replica.code, language="en", client={"browser": "x"})
            assert (await late.until("error"))["code"] == "trial_full"
            assert await late.closed() == 4403
        await page.write(GOOD)
        await page.send("finish")
        await page.until("completed")


async def test_the_last_slot_goes_to_the_first_start_and_the_other_is_refused(replica, with_trial):
    with_trial(1)
    async with replica.page() as first, replica.page() as second:
        await first.hello(simulated=False)
        await second.hello(simulated=False)
        await first.send("start", mode="text", language="sv")
        await first.until("ack", seq=1)
        await second.send("start", mode="text", language="sv")
        assert (await second.until("error"))["code"] == "trial_full"
        assert await second.closed() == 4403
        assert "session_started" not in replica.log.names(second.session_id)


async def test_raising_the_limit_reopens_a_full_trial(client, replica, board, with_trial):
    with_trial(1)
    trial_slots.use(
        replica.home.store(), session_id="01a20a38-fd7e-7a9b-9ab2-37da6e252d5a", cafe=replica.edge.cafe("aurora")
    )
    await board()
    assert "Vi har fått alla svar vi behöver" in (await client.get(f"/c/{replica.code}")).text
    cafe_states.set_trial_limit(replica.home.store(), "aurora", limit=2, actor="siv", reason="Mer tid.")
    await board()
    assert 'id="boot"' in (await client.get(f"/c/{replica.code}")).text


async def test_a_full_trial_that_still_collects_promises_no_reward(client, replica, board, with_trial):
    with_trial(1, "collect_unrewarded")
    trial_slots.use(
        replica.home.store(), session_id="01a20a38-fd7e-7a9b-9ab2-37da6e252d5a", cafe=replica.edge.cafe("aurora")
    )
    await board()
    text = (await client.get(f"/c/{replica.code}")).text
    assert "Provperiodens belöningar är slut, men Café Aurora läser gärna vad du tycker." in text
    assert "20 kr" not in text.split("boot")[0]
    async with replica.page() as page:
        await page.begin("text", simulated=False)
        await page.write(GOOD)
        await page.send("finish")
        completed = await page.until("completed")
        assert completed["preliminary"].get("eligible") is not True
    await settle(replica)
    await replica.edge.receipts.save_waiting()
    receipt = (await client.get(completed["receipt"])).text
    assert "Provperiodens belöningar är slut." in receipt
    assert "kr</h2>" not in receipt


async def test_a_talk_during_an_outage_of_the_store_is_settled_later(replica):
    await replica.edge.codes.find(replica.code)
    replica.store_away = True
    async with replica.page() as page:
        await page.begin("text", simulated=False)
        await page.write(GOOD)
        await page.send("finish")
        await page.until("completed")
    assert not await replica.edge.doors.trials.settle_waiting()
    replica.store_away = False
    await settle(replica)
    assert usage(replica).used == 1


async def test_a_lease_is_extended_while_the_session_lives(replica):
    store = replica.home.store()
    real_now = store.now
    async with replica.page() as page:
        await page.begin("text", simulated=False)
        before = trial_slots.find(store, page.session_id)
        store.now = lambda: before.lease_until.replace(microsecond=0)
        try:
            await replica.edge.doors.trials.extend()
            after = trial_slots.find(store, page.session_id)
        finally:
            store.now = real_now
        assert after.lease_until > before.lease_until


async def start(page) -> None:
    """Press start, and answer nothing."""
    await page.hello(simulated=False)
    await page.send("start", mode="text", language="sv")
    await page.until("ack", seq=1)


async def consent(page) -> None:
    """Consent, and say nothing."""
    await start(page)
    await page.send("consent", granted=True, version="2026-11", scope=["transcript"])
    await page.until("question")


async def write(page) -> None:
    """Write a turn, and send nothing."""
    await consent(page)
    await page.write(GOOD)
    await page.until("ack")


@pytest.mark.parametrize(("steps", "reserved"), [(start, 0), (consent, 0), (write, 1)])
async def test_a_connection_that_ends_without_a_word_frees_its_slot(replica, steps, reserved):
    async with replica.page() as page:
        await steps(page)
        assert usage(replica).reserved == 1
    await eventually(lambda: replica.edge.sessions.count == 0)
    await settle(replica)
    assert usage(replica).reserved == reserved


@pytest.mark.parametrize(("steps", "seconds"), [(start, 0), (consent, 0), (write, LEASE_AFTER_LOSS_SECONDS - 5)])
async def test_an_idle_session_without_a_word_frees_its_slot(replica, steps, seconds):
    async with replica.page() as page:
        await steps(page)
        await settle(replica)
        assert await replica.clock.run_until(page.closed(), step=5.0) == 4408
    await eventually(lambda: replica.edge.sessions.count == 0)
    await settle(replica)
    slot = trial_slots.find(replica.home.store(), page.session_id)
    assert (0 if slot is None else (slot.lease_until - replica.home.store().now()).total_seconds()) >= seconds
    assert (slot is None) == (seconds == 0)


@pytest.mark.parametrize(("steps", "most"), [(start, LEASE_UNTIL_CONSENT_SECONDS), (consent, LEASE_SECONDS)])
async def test_a_slot_has_a_short_lease_until_consent(replica, steps, most):
    async with replica.page() as page:
        await steps(page)
        await settle(replica)
        await replica.edge.doors.trials.extend()
        slot = trial_slots.find(replica.home.store(), page.session_id)
        left = (slot.lease_until - replica.home.store().now()).total_seconds()
        assert most - 5 < left <= most


async def test_a_full_trial_is_free_again_when_the_silent_sessions_end(replica, with_trial):
    with_trial(5)
    for _ in range(5):
        async with replica.page() as silent:
            await start(silent)
    await eventually(lambda: replica.edge.sessions.count == 0)
    await settle(replica)
    async with replica.page() as guest:
        await write(guest)


async def lost(replica, address: str) -> str:
    """Write a turn at `address` and lose the connection; return the snapshot."""
    async with replica.page(**{"X-Forwarded-For": address, "User-Agent": address}) as page:
        await write(page)
    await eventually(lambda: replica.edge.sessions.count == 0)
    return page.snapshot


def lease_seconds(replica, session_id: str) -> float:
    slot = trial_slots.find(replica.home.store(), session_id)
    return (slot.lease_until - replica.home.store().now()).total_seconds()


async def test_a_connection_lost_after_words_keeps_its_slot_for_two_minutes(replica):
    async with replica.page() as page:
        await write(page)
        await settle(replica)
        assert lease_seconds(replica, page.session_id) > LEASE_AFTER_LOSS_SECONDS
    await eventually(lambda: replica.edge.sessions.count == 0)
    await settle(replica)
    assert LEASE_AFTER_LOSS_SECONDS - 5 < lease_seconds(replica, page.session_id) <= LEASE_AFTER_LOSS_SECONDS
    async with replica.page() as again:
        await again.hello(simulated=False, resume=page.snapshot)
        await settle(replica)
        assert lease_seconds(replica, page.session_id) > LEASE_SECONDS - 5


@pytest.mark.parametrize(
    ("addresses", "kept"),
    [
        (["203.0.113.7"], MOST_LOST_OF_NETWORK),
        (["2001:db8:5:1::1", "2001:db8:5:2::1"], MOST_LOST_OF_NETWORK),  # Two /64s of one customer.
        (["203.0.113.7", "203.0.113.8"], 14),
    ],
)
async def test_lost_pages_of_one_network_keep_few_slots(replica, addresses, kept):
    snapshots = [await lost(replica, addresses[number % len(addresses)]) for number in range(14)]
    await settle(replica)
    assert usage(replica).reserved == kept
    async with replica.page() as page:  # The first one lost its slot, and gets a free one.
        await page.hello(simulated=False, resume=snapshots[0])
        await page.send("finish")
        await page.until("completed")
    await settle(replica)
    assert usage(replica).used == 1


async def test_a_guest_who_resumes_without_a_word_gets_the_slot_back(replica):
    async with replica.page() as page:
        await consent(page)
        snapshot = page.snapshot
    await eventually(lambda: replica.edge.sessions.count == 0)
    await settle(replica)
    async with replica.page() as page:
        await page.hello(simulated=False, resume=snapshot)
        await settle(replica)
        assert usage(replica).reserved == 1
