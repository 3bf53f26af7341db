"""A world of payouts that can break: store, landing, tills, a provider, and a clock of the test's."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import URL, make_url, select

from operations.backup.redemptions import RedemptionExport
from payouts.deciding import decide_sessions, issuer
from payouts.reconciling import ReconciliationResult, pay_day
from payouts.voucher_codes import voucher_code, voucher_hash
from pilot.business_days import business_day
from pilot.cafes import Cafes, parse_cafes
from pilot.identifiers import new_identifier
from pilot.settings import Settings
from storage.backup.redemption_file import NAME, Installation, read_redemptions
from storage.home import Home
from storage.store.cafes import switches
from storage.store.connect import open_store
from storage.store.engine import Store, sqlite_url
from storage.store.ledger.auditor import audit_money
from storage.store.migrate import migrate
from storage.store.payouts import batches, claims, recovery
from storage.store.payouts.batches import Limits
from storage.store.payouts.recovery import Recovery, RecoveryRefused
from storage.store.rewards import freezing, vouchers
from storage.store.rewards.decisions import Decision
from storage.store.rewards.reward_cases import Candidate
from storage.store.rewards.vouchers import VoucherRefused
from storage.store.schemas.payout import payout_attempts
from tests.payouts.memory_rail import MemoryRail
from tests.postgresql import Cluster

CHECKOUT = Path(__file__).parents[2]
CAFES: Cafes = parse_cafes((CHECKOUT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
SECRET = b"x" * 32
NAMED = "0123456789abcdef"
LIMITS = Limits(approval_ore=50_000, yearly_ore=99_900)
# After a restore the keys of later attempts are reused, one a day, until the provider forgets them.
SETTLED_AFTER_DAYS = 5
START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class World:
    """One pilot's money."""

    def __init__(
        self,
        path: Path,
        *,
        store: Store | None = None,
        rail: Callable[..., Any] = MemoryRail,
        cluster: Cluster | None = None,
    ) -> None:
        self.path = path
        self.cluster = cluster
        self.at = START
        self.store = store or open_store(sqlite_url(path))
        self.store.now = lambda: self.at
        self.rail = rail(now=lambda: self.at)
        self.count = 0
        self.release = 0
        # The scored sessions of the landing, which outlives the store or is lost with it.
        self.landing: list[Candidate] = []
        # What really happened at the tills, by session, whatever a restored store remembers.
        self.tills: Counter[str] = Counter()
        self.session_of: dict[str, str] = {}
        self.cafe_of: dict[str, str] = {}
        self.folder = path.parent / f"{path.name}-backups"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        self._export = RedemptionExport(cast("Home", _HomeOf(self)))
        self._copies: dict[Path, str] = {}
        self._asked_for = self.rail.parameters
        self.rail.parameters = self._parameters

    def _parameters(self, **asked: Any) -> str:
        """Return the request of the current release: another release may build it in another way."""
        request = json.loads(self._asked_for(**asked))
        if self.release:
            request["metadata"]["release"] = str(self.release)
        return json.dumps(request, sort_keys=True)

    @property
    def today(self) -> date:
        return business_day(self.at)

    def earn(self, account: str | None, *, score: int = 90, held: bool = False) -> str | None:
        """Let a guest earn a reward and, with an account, claim it; return the reward's id."""
        self.count += 1
        one = Candidate(
            session_id=new_identifier(at=self.at),
            day=self.today,
            cafe=CAFES.ids[self.count % len(CAFES.ids)],
            simulated=True,
            consent=True,
            score=score,
            counted_score=score,
            clear=True,
            held_until=self.at + timedelta(days=2) if held else None,
            reasons=("device_chain",) if held else (),
            device=None,
            rubric_version="1",
            scorer_version="1",
        )
        self.landing.append(one)
        decided = self.decide([one])
        if not decided:
            return None  # rewards are stopped
        if account is not None and decided[0].outcome == "eligible":
            self.claim(decided[0].reward_id, account)
        return decided[0].reward_id

    def decide(self, candidates: list[Candidate] | None = None) -> list[Decision]:
        """Decide on candidates, or on the whole landing; remember whose rewards they are."""
        wanted = self.landing if candidates is None else candidates
        decided = decide_sessions(self.store, wanted, cafes=CAFES, secret=SECRET, decided_by="watch")
        for each in decided:
            self.session_of[each.reward_id], self.cafe_of[each.reward_id] = each.session_id, each.cafe
        return decided

    def redeem(self, reward_id: str, *, number: int = 1) -> str:
        """Show the code of a reward's n-th voucher at its café; return the till's answer."""
        self.taps += 1
        answer = vouchers.redeem(
            self.store, code_hash(reward_id, number), cafe=self.cafe_of[reward_id], actor="till", request=str(self.taps)
        ).answer
        self.tills[self.session_of[reward_id]] += answer == "redeemed"
        return answer

    def undo(self, reward_id: str) -> None:
        """Undo the redemption of a reward's newest voucher, if it still can be."""
        voucher = vouchers.of_reward(self.store, reward_id)
        if voucher is None or voucher.state != "redeemed":
            return
        try:
            vouchers.undo(self.store, voucher.code_hash, cafe=voucher.cafe, actor="till")
        except VoucherRefused:
            return
        self.tills[self.session_of[reward_id]] -= 1

    def export(self) -> None:
        """Export the redemptions beside the backups, as the watch does every few seconds."""
        self._export.run()

    def paid_somewhere(self, reward_id: str) -> bool:
        """Return whether a reward was redeemed at a till, or is with its guest at the provider."""
        session = self.session_of[reward_id]
        return self.tills[session] > 0 or any(
            self.session_of.get(each) == session
            for transfer in self.rail.made.values()
            if transfer.reversed_ore < transfer.amount_ore
            for each in transfer.reward_ids
        )

    def release_checked(self) -> None:
        """Let a person compare the frozen rewards with the tills' lists and the provider, and resolve them."""
        for each in freezing.frozen_rewards_of(self.store):
            if self.tills[self.session_of[each.reward_id]] > 0:
                with contextlib.suppress(RecoveryRefused):
                    recovery.book_as_redeemed(
                        self.store, each.reward_id, issuer=issuer(SECRET), actor="anna", reason="on the list"
                    )
            elif not self.paid_somewhere(each.reward_id):
                recovery.release_reward(self.store, each.reward_id, actor="anna", reason="on no list")

    def claim(self, reward_id: str, account: str) -> None:
        who = claims.recipient(self.store, rail=self.rail.name, account=account, simulated=True)
        claims.claim(self.store, reward_id, by=who)

    def pay(self) -> ReconciliationResult:
        return pay_day(self.store, self.rail, self.today, simulated=True, limits=LIMITS, actor="test")

    def approve_all(self) -> None:
        for each in batches.batches(self.store):
            batches.approve(self.store, each.id, actor="test", reason="looked at")

    def settle(self) -> ReconciliationResult:
        """End every fault and let time pass until no payout is unfinished."""
        self.rail.faults.clear()
        self.rail.unable.clear()
        self.rail.funds_ore = 10**9
        switches.turn(self.store, "rewards_stopped", on=False, actor="test", reason="over")
        for _ in range(SETTLED_AFTER_DAYS):
            self.export()
            self.release_checked()
            self.pay()
            self.approve_all()
            self.at += timedelta(days=1)
            done = self.pay()
            if not any(each.state in ("planned", "in_flight") for each in batches.instructions(self.store)):
                break
        return done

    def broken(self) -> list[str]:
        """Return the faults found by the auditor and at the provider."""
        found = [each.fact for each in audit_money(self.store)]
        by_reward: dict[str, int] = {}
        for transfer in self.rail.made.values():
            if transfer.reversed_ore < transfer.amount_ore:
                for reward_id in transfer.reward_ids:
                    by_reward[reward_id] = by_reward.get(reward_id, 0) + 1
        found += [f"paid {times} times" for times in by_reward.values() if times > 1]
        by_session: Counter[str] = Counter(self.tills)
        for reward_id, times in by_reward.items():
            by_session[self.session_of.get(reward_id, reward_id)] += times
        found += [f"a session's reward paid {times} times" for times in by_session.values() if times > 1]
        made = self.rail.made
        for each in batches.instructions(self.store):
            if each.state in ("paid", "reversed"):
                transfer = made.get(each.reference or "")
                if transfer is None:
                    found.append("booked and not at the provider")
                elif (transfer.amount_ore, transfer.account) != (each.amount_ore, each.account):
                    found.append("booked with another amount or account than the provider has")
        with self.store.reading() as connection:
            known = set(connection.execute(select(payout_attempts.c.key)).scalars())
        found += ["asked without a committed attempt"] if set(self.rail.asked) - known and not self.restored else []
        return found

    restored = False
    taps = 0

    def backup(self, to: Path) -> None:
        """Back the store up under a path; on PostgreSQL the path is only a name."""
        if self.cluster is not None:
            self.store.close()
            self._copies[to] = _database(self.cluster.new_database(template=_database(self.store.engine.url)))
            return
        with sqlite3.connect(self.path) as source, sqlite3.connect(to) as target:
            source.backup(target)

    def restore(self, copy: Path, *, recovered: bool = True) -> None:
        """Restore an older backup, as after a lost disk; `recovered` as `pilot restore` does it."""
        self.store.close()
        if self.cluster is not None:
            url = self.cluster.new_database(template=self._copies[copy])
            self.store = open_store(url, now=lambda: self.at)
        else:
            replace_file(self.path, copy)
            migrate(self.store)
        self.restored = True
        if recovered:
            self.recover()
            self.at += timedelta(seconds=1)

    def recover(self) -> Recovery:
        """Book the exported redemptions and freeze what is open, as `pilot restore` does."""
        known = read_redemptions(self.folder / NAME, installation=Installation.of(SECRET, home=NAMED))
        return recovery.recover(
            self.store, known.redeemed.values(), issuer=issuer(SECRET), recovered_to=self.at, actor="restore"
        )


class _HomeOf:
    """The parts of a home that the export of redemptions reads."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.settings = Settings(home=world.path.parent, backup_folder=world.folder)

    def store(self) -> Store:
        return self._world.store

    def secret(self) -> bytes:
        return SECRET

    def identity(self) -> str:
        return NAMED


def code_hash(reward_id: str, number: int) -> str:
    """Return the hash of the code of a reward's n-th voucher."""
    return voucher_hash(SECRET, voucher_code(SECRET, reward_id, number))


def replace_file(path: Path, copy: Path) -> None:
    """Replace the file of a closed store by a copy."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copyfile(copy, path)


def _database(url: str | URL) -> str:
    name = make_url(url).database
    assert name is not None
    return name
