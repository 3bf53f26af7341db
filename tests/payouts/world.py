"""A world of payouts that can break: a store, a provider and a clock that the test sets."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url, select

from payouts.deciding import decide_sessions
from payouts.reconciling import ReconciliationResult, pay_day
from pilot.business_days import business_day
from pilot.cafes import Cafes, parse_cafes
from storage.store.cafes import switches
from storage.store.connect import open_store
from storage.store.engine import Store, sqlite_url
from storage.store.ledger.auditor import audit_money
from storage.store.migrate import migrate
from storage.store.payouts import batches, claims
from storage.store.payouts.batches import Limits
from storage.store.rewards.reward_cases import Candidate
from storage.store.schemas.payout import payout_attempts
from tests.payouts.memory_rail import MemoryRail
from tests.postgresql import Cluster

CHECKOUT = Path(__file__).parents[2]
CAFES: Cafes = parse_cafes((CHECKOUT / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
SECRET = b"x" * 32
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

    def earn(self, account: str | None, *, score: int = 90) -> str | None:
        """Let a guest earn a reward and, with an account, claim it; return the reward's id."""
        self.count += 1
        one = Candidate(
            session_id=f"guest-{self.count:05d}-{self.today}",
            day=self.today,
            cafe=CAFES.ids[self.count % len(CAFES.ids)],
            simulated=True,
            consent=True,
            score=score,
            counted_score=score,
            clear=True,
            held_until=None,
            reasons=(),
            device=None,
            rubric_version="1",
            scorer_version="1",
        )
        decided = decide_sessions(self.store, [one], cafes=CAFES, secret=SECRET, decided_by="watch")
        if not decided:
            return None  # rewards are stopped
        if account is not None and decided[0].outcome == "eligible":
            self.claim(decided[0].reward_id, account)
        return decided[0].reward_id

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

    def backup(self, to: Path) -> None:
        """Back the store up under a path; on PostgreSQL the path is only a name."""
        if self.cluster is not None:
            self.store.close()
            self._copies[to] = _database(self.cluster.new_database(template=_database(self.store.engine.url)))
            return
        with sqlite3.connect(self.path) as source, sqlite3.connect(to) as target:
            source.backup(target)

    def restore(self, copy: Path) -> None:
        """Restore an older backup, as after a lost disk."""
        self.store.close()
        if self.cluster is not None:
            url = self.cluster.new_database(template=self._copies[copy])
            self.store = open_store(url, now=lambda: self.at)
        else:
            replace_file(self.path, copy)
            migrate(self.store)
        self.restored = True


def replace_file(path: Path, copy: Path) -> None:
    """Replace the file of a closed store by a copy."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copyfile(copy, path)


def _database(url: str | URL) -> str:
    name = make_url(url).database
    assert name is not None
    return name
