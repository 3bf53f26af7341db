"""After a restore no reward is paid twice: at the till, on its own account, or on another one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from payouts.deciding import issuer
from payouts.rewards import reward_id
from storage.store import audit
from storage.store.payouts import batches, claims, onboardings, recipient_statuses, unclaims
from storage.store.payouts.claims import RewardFrozen
from storage.store.payouts.recipient_statuses import RecipientStatus
from storage.store.payouts.recovery import RecoveryRefused, book_as_redeemed, release_reward
from storage.store.rewards import decisions, freezing, redemptions, vouchers
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.stripe.by_hand_rail import ByHandRail
from tests.payouts.world import SECRET, World

RAILS = pytest.mark.parametrize("rail", [MemoryRail, ByHandRail])
LATER = timedelta(days=1)


@pytest.fixture(params=[MemoryRail, ByHandRail])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    return World(tmp_path / "store.sqlite", rail=request.param)


def copy_of(world: World) -> Path:
    path = world.path.with_name("copy")
    world.backup(path)
    return path


def paid(world: World) -> None:
    world.pay()
    world.approve_all()
    world.pay()


def earned(world: World, account: str | None = None) -> str:
    reward = world.earn(account)
    assert reward is not None
    return reward


def test_a_session_decided_anew_has_the_same_reward_and_the_same_code(world: World) -> None:
    copy = copy_of(world)
    before = earned(world)
    first = vouchers.of_reward(world.store, before)
    world.restore(copy)
    (again,) = world.decide()
    assert again.reward_id == before == reward_id(SECRET, again.session_id)
    second = vouchers.of_reward(world.store, before)
    assert first is not None
    assert second is not None
    assert second.code_hash == first.code_hash


# What happened after the backup, what was exported, and what the guest tries on the restored home.
@pytest.mark.parametrize("decided_before", [True, False])
@pytest.mark.parametrize("exported", [True, False])
@pytest.mark.parametrize("tried", ["the till", "the first account", "another account"])
@pytest.mark.parametrize("happened", ["redeemed", "paid"])
def test_a_reward_paid_after_the_backup_is_not_paid_again(
    world: World, *, happened: str, tried: str, exported: bool, decided_before: bool
) -> None:
    if decided_before:
        reward = earned(world)
    copy = copy_of(world)
    if not decided_before:
        reward = earned(world)
    if happened == "redeemed":
        assert world.redeem(reward) == "redeemed"
    else:
        world.claim(reward, "acct_1")
        paid(world)
    if exported:
        world.export()
    world.at += LATER
    world.restore(copy)
    world.decide()
    if tried == "the till":
        expected = "already_redeemed" if happened == "redeemed" and exported else "frozen"
        assert world.redeem(reward) == expected
    else:
        with pytest.raises(claims.ClaimRefused):
            world.claim(reward, "acct_1" if tried == "the first account" else "acct_2")
    paid(world)
    world.settle()
    assert world.broken() == []
    assert world.tills.total() + len(world.rail.made) == 1
    assert freezing.frozen_rewards_of(world.store) == []


def test_a_voucher_redeemed_as_a_replacement_is_booked_on_the_first_one(world: World) -> None:
    reward = earned(world)
    copy = copy_of(world)
    vouchers.replace(world.store, reward, issuer=issuer(SECRET), actor="anna", reason="lost")
    assert world.redeem(reward, number=2) == "redeemed"
    world.export()
    world.restore(copy)
    assert [world.redeem(reward, number=number) for number in (1, 2)] == ["already_redeemed", "unknown"]
    assert world.broken() == []


def test_a_held_reward_released_and_redeemed_after_the_backup_is_booked(world: World) -> None:
    reward = world.earn(None, held=True)
    assert reward is not None
    copy = copy_of(world)
    session = world.session_of[reward]
    decisions.rule(world.store, session, release=True, issuer=issuer(SECRET), actor="anna", reason="fine")
    world.redeem(reward)
    world.export()
    world.restore(copy)
    assert world.redeem(reward) == "already_redeemed"
    assert decisions.held_rewards(world.store) == []
    assert world.broken() == []


def test_a_held_reward_released_again_after_the_restore_is_frozen(world: World) -> None:
    reward = world.earn(None, held=True)
    assert reward is not None
    copy = copy_of(world)
    session = world.session_of[reward]
    decisions.rule(world.store, session, release=True, issuer=issuer(SECRET), actor="anna", reason="fine")
    world.redeem(reward)
    world.restore(copy)  # its redemption was not exported
    decisions.rule(world.store, session, release=True, issuer=issuer(SECRET), actor="anna", reason="fine")
    assert world.redeem(reward) == "frozen"


def test_a_claim_withdrawn_and_redeemed_after_the_backup_is_withdrawn_again(world: World) -> None:
    from payouts.unclaiming import unclaim

    reward = earned(world, "acct_1")
    world.pay()  # planned, waiting for approval
    copy = copy_of(world)
    unclaim(world.store, world.rail, reward, secret=SECRET, actor="anna", reason="gone")
    assert world.redeem(reward, number=2) == "redeemed"
    world.export()
    world.restore(copy)
    world.settle()
    assert world.rail.made == {}
    assert world.redeem(reward, number=2) == "already_redeemed"
    assert world.broken() == []


# What gives the reward a voucher again, on the lost home and then on the restored one.
@pytest.mark.parametrize("again", ["expired and replaced", "reversed and unclaimed", "withdrawn at the backup"])
@pytest.mark.parametrize("released", [False, True])
def test_a_voucher_issued_anew_after_the_restore_is_frozen_once(world: World, *, again: str, released: bool) -> None:
    reward = earned(world, None if again == "expired and replaced" else "acct_1")
    if again == "expired and replaced":
        world.at += timedelta(days=91)
        vouchers.expire_due(world.store)
    elif again == "reversed and unclaimed":
        paid(world)
    else:
        world.pay()  # planned, waiting for approval
    copy = copy_of(world)
    if again == "reversed and unclaimed":
        (transfer,) = world.rail.made
        world.rail.reverse(transfer, 3000)
        world.at += timedelta(hours=2)
        world.pay()

    def issued_anew() -> None:
        if again == "expired and replaced":
            vouchers.replace(world.store, reward, issuer=issuer(SECRET), actor="anna", reason="asked")
        else:
            unclaims.unclaim(world.store, reward, issuer=issuer(SECRET), actor="anna", reason="asked")

    issued_anew()
    assert world.redeem(reward, number=2) == "redeemed"
    world.at += timedelta(hours=1)
    world.restore(copy)  # its redemption was not exported
    if again == "reversed and unclaimed":
        world.pay()
    issued_anew()
    assert world.redeem(reward, number=2) == "frozen"
    assert world.tills.total() == 1
    if released:
        assert release_reward(world.store, reward, actor="anna", reason="on no list")
        vouchers.replace(world.store, reward, issuer=issuer(SECRET), actor="anna", reason="lost")
        assert not freezing.frozen(world.store, reward)
        world.recover()  # a second restore freezes it again
        assert freezing.frozen(world.store, reward)


def test_an_undone_redemption_is_not_booked_after_the_restore(world: World) -> None:
    reward = earned(world)
    copy = copy_of(world)
    world.redeem(reward)
    world.export()
    world.undo(reward)
    world.export()
    world.restore(copy)
    assert world.redeem(reward) == "frozen"
    world.release_checked()
    assert world.redeem(reward) == "redeemed"
    assert world.tills.total() == 1


def test_planned_payouts_are_held_and_waiting_claims_unplanned_until_released(world: World) -> None:
    planned = earned(world, "acct_1")
    world.pay()
    waiting = earned(world, "acct_2")
    world.restore(copy_of(world))
    world.approve_all()
    world.at += LATER
    world.pay()
    (held,) = batches.instructions(world.store)
    assert (held.state, held.code) == ("held", "restored")
    assert world.rail.made == {}
    for reward in (planned, waiting):
        assert release_reward(world.store, reward, actor="anna", reason="on no list")
    assert {each.subject for each in audit.recent(world.store, 9) if each.action == "reward.thaw"} == {planned, waiting}
    world.at += LATER
    paid(world)
    assert sorted(each.account for each in world.rail.made.values()) == ["acct_1", "acct_2"]
    assert world.broken() == []


def test_rewards_earned_after_the_restore_are_not_frozen(world: World) -> None:
    world.restore(copy_of(world))
    reward = earned(world)
    assert world.redeem(reward) == "redeemed"


def test_a_frozen_reward_found_on_the_tills_list_is_booked_as_redeemed(world: World) -> None:
    reward = earned(world)
    world.restore(copy_of(world))
    book_as_redeemed(world.store, reward, issuer=issuer(SECRET), actor="anna", reason="on Tuesday's list")
    assert world.redeem(reward) == "already_redeemed"
    with pytest.raises(RecoveryRefused, match="not frozen"):
        book_as_redeemed(world.store, reward, issuer=issuer(SECRET), actor="anna", reason="again")
    assert world.broken() == []


def test_a_frozen_reward_waits_for_its_account_without_lapsing(world: World) -> None:
    reward = earned(world)
    world.restore(copy_of(world))
    who = claims.recipient(world.store, rail=world.rail.name, account="acct_1", simulated=True)
    onboardings.request(world.store, reward, recipient_id=who.id)
    ready = RecipientStatus(who.id, "active", True, 0, "", "bank", "1234", world.at)
    recipient_statuses.save(world.store, ready)
    assert [each.reward_id for each in onboardings.of_recipient(world.store, who.id, state="asked")] == [reward]
    with pytest.raises(RewardFrozen):
        claims.claim(world.store, reward, by=who)
    release_reward(world.store, reward, actor="anna", reason="on no list")
    assert recipient_statuses.claim_ready(world.store, who.id) == 1


def test_a_store_put_back_by_hand_is_noticed_by_the_export_of_redemptions(world: World) -> None:
    redeemed, issued = earned(world), earned(world)
    copy = copy_of(world)
    world.redeem(redeemed)
    world.export()
    world.restore(copy, recovered=False)
    world.export()
    assert (world.redeem(redeemed), world.redeem(issued)) == ("already_redeemed", "frozen")
    before = audit.recent(world.store, 99)
    world.export()
    assert audit.recent(world.store, 99) == before


@pytest.mark.parametrize("undone", [False, True])
def test_a_store_put_back_is_noticed_after_its_next_redemption(world: World, *, undone: bool) -> None:
    redeemed, other, issued = earned(world), earned(world), earned(world)
    copy = copy_of(world)
    world.redeem(redeemed)
    world.export()
    world.at += timedelta(minutes=5)
    world.restore(copy, recovered=False)
    assert world.redeem(other) == "redeemed"
    if undone:
        world.undo(other)
    world.at += timedelta(seconds=4)
    world.export()
    assert (world.redeem(redeemed), world.redeem(issued)) == ("already_redeemed", "frozen")
    assert world.redeem(other) == ("frozen" if undone else "already_redeemed")
    before = audit.recent(world.store, 99)
    world.export()
    assert audit.recent(world.store, 99) == before
    assert world.broken() == []


def test_a_redemption_of_a_lost_session_is_kept_and_booked_once_decided(world: World) -> None:
    copy, landing = copy_of(world), list(world.landing)
    reward = earned(world)
    world.redeem(reward)
    world.export()
    newer, world.landing = world.landing, landing  # both are put back
    world.restore(copy)
    assert world.decide() == []
    assert redemptions.kept_redemptions_of(world.store) == [reward]
    world.landing = newer  # a replica publishes it late
    world.decide()
    assert redemptions.kept_redemptions_of(world.store) == []
    assert world.redeem(reward) == "already_redeemed"
    assert world.broken() == []


def test_an_old_reward_with_a_random_identifier_is_recognised(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = copy_of(world)
    with monkeypatch.context() as patch:
        patch.setattr("payouts.deciding.reward_id", lambda secret, session: f"random {session[-4:]}")
        old = earned(world)
        assert world.redeem(old) == "redeemed"
    world.export()
    world.restore(copy)
    (new,) = world.decide()
    assert new.reward_id != old
    assert world.redeem(new.reward_id) == "already_redeemed"
    assert world.tills.total() == 1


@pytest.mark.parametrize("explained", [True, False])
def test_the_bank_account_of_a_lost_recipient_is_paid_nothing_on_another_account(
    world: World, *, explained: bool
) -> None:
    copy, landing = copy_of(world), list(world.landing)
    earned(world, "acct_1")
    paid(world)
    world.at += LATER
    if not explained:
        world.landing = landing  # lost with the store: the transfer stays unexplained
    world.restore(copy)
    world.decide()
    share_a_bank(world, "acct_1", "acct_2")
    earned(world, "acct_2")
    paid(world)
    world.at += LATER
    paid(world)
    assert [each.account for each in world.rail.made.values()] == ["acct_1"]
    held = [each for each in batches.instructions(world.store) if each.account == "acct_2"]
    assert {each.code for each in held} <= {"shared_bank", "unexplained_transfers"}
    assert {each.state for each in held} == {"held"}


def share_a_bank(world: World, *accounts: str) -> None:
    """Give accounts the same bank account."""
    if isinstance(world.rail, MemoryRail):
        world.rail.banks |= dict.fromkeys(accounts, "one bank account")
        return
    books = world.rail.fake.books
    for account in accounts:
        if account not in books.accounts:
            books.open_account(metadata={}, email=None, account_id=account)
        books.onboard(account, iban="SE3550000000054910000003")
