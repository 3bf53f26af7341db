"""`pilot payout`: payouts of a provider are shown, held, sent, reconciled, stopped and exported."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from cli.payout import rails
from payouts.reconciling import pay_day
from pilot.identifiers import new_identifier
from pilot.lake_tables.insight_tables import QUARANTINE
from storage.home import Home
from storage.lake import polars_schema
from storage.store import audit
from storage.store.payouts import batches, claims, rail_payouts
from storage.store.rewards import decisions
from storage.store.schemas.money import ledger
from tests.cli.conftest import Pilot
from tests.cli.test_commands import opened
from tests.cli.test_payout import decided
from tests.payouts.memory_rail import MemoryRail
from tests.payouts.world import LIMITS

DAY = datetime(2026, 11, 24, tzinfo=UTC).date()


class Paid:
    """A home with one claimed reward on a rail in memory, its batch planned."""

    def __init__(self, home: Home) -> None:
        self.home, self.store = home, home.store()
        self.rail = MemoryRail(now=self.store.now)
        self.session = decided(home, held=False).session_id
        decision = decisions.find(self.store, self.session)
        assert decision is not None
        who = claims.recipient(self.store, rail="memory", account="acct_1", simulated=True)
        claims.claim(self.store, decision.reward_id, by=who)
        self.pay()
        (self.payout,) = batches.instructions(self.store)

    def pay(self) -> None:
        pay_day(self.store, self.rail, DAY, simulated=True, limits=LIMITS, actor="test")


@pytest.fixture
def paid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paid:
    world = Paid(opened(tmp_path))
    rail: Callable[[Home], MemoryRail] = lambda home: world.rail  # noqa: E731
    monkeypatch.setattr(rails, "open_rail", rail)
    return world


def approve(pilot: Pilot, paid: Paid) -> None:
    assert pilot("payout", "approve", paid.payout.batch_id, "--reason", "reviewed").exit_code == 0


def test_a_payout_is_approved_sent_and_shown_by_any_of_its_references(pilot: Pilot, paid: Paid) -> None:
    assert "payout approve memory-2026-11-24-simulated" in pilot("payout", "list").stdout
    assert "1 planned" in pilot("payout", "batches").stdout
    approve(pilot, paid)
    sent = pilot("payout", "trigger", "H7KM3Q", "--reason", "The guest is waiting")
    assert (sent.exit_code, "paid tr_1" in sent.stdout, "no money moves" in sent.stdout) == (0, True, True)
    again = pilot("payout", "trigger", "H7KM3Q", "--reason", "Once more")
    assert (again.exit_code, len(paid.rail.made)) == (0, 1)
    decision = decisions.find(paid.store, paid.session)
    assert decision is not None
    for name in ("H7KM3Q", paid.session, decision.reward_id):
        shown = json.loads(pilot("payout", "show", name, "--json").stdout)
        what = [each["what"] for each in shown["changes"]]
        wanted = ["reward.eligible", "voucher.issued", "reward.claimed", "batch.planned", "batch.approve"]
        assert [each for each in wanted if each not in what] == []
        assert [each for each in ("payout.trigger", "payout.in_flight", "payout.paid") if each not in what] == []
        assert shown["earned"].startswith("Yes: ")
    for name in (paid.payout.id, "tr_1"):
        assert "The money is in the recipient's Stripe balance" in pilot("payout", "show", name).stdout
    assert "1 payouts" in pilot("payout", "show", paid.payout.batch_id).stdout


def test_a_held_payout_is_sent_only_after_its_release(pilot: Pilot, paid: Paid) -> None:
    approve(pilot, paid)
    assert "held" in pilot("payout", "hold", "H7KM3Q", "--reason", "The same account twice").stdout
    pilot("payout", "trigger", "H7KM3Q", "--reason", "Hurry")
    assert paid.rail.made == {}
    assert "The payout is stopped until somebody releases it" in pilot("payout", "show", "H7KM3Q").stdout
    assert "planned" in pilot("payout", "release", "H7KM3Q", "--reason", "A couple").stdout
    paid.pay()
    assert len(paid.rail.made) == 1
    reasons = {each.action: each.reason for each in audit.recent(paid.store, 50)}
    assert (reasons["payout.hold"], reasons["payout.release"]) == ("The same account twice", "A couple")


@pytest.mark.parametrize("verb", ["trigger", "retry"])
def test_a_payout_that_no_longer_passes_the_gate_is_not_sent_by_hand(pilot: Pilot, paid: Paid, verb: str) -> None:
    approve(pilot, paid)
    row = {
        "day": DAY, "table_name": "sessions", "row_key": paid.session, "session_id": paid.session, "expectation": "x",
        "reason": "x", "severity": "stop", "judged_at": paid.store.now(),
    }  # fmt: skip
    frame = pl.DataFrame([row], schema=polars_schema(QUARANTINE))
    (reward,) = rail_payouts.unpaid_rewards(paid.store, rail="memory", simulated=True)
    paid.home.lake().replace_partition(QUARANTINE, reward.day, frame.with_columns(day=pl.lit(reward.day)), commit={})
    done = pilot("payout", verb, "H7KM3Q", "--reason", "The guest is waiting")
    assert (done.exit_code, "quality checks" in done.stderr, paid.rail.made) == (1, True, {})


def test_a_refused_payout_is_shown_with_a_remedy_and_retried_only_by_retry(pilot: Pilot, paid: Paid) -> None:
    approve(pilot, paid)
    paid.rail.unable.add("acct_1")
    refused = pilot("payout", "trigger", "H7KM3Q", "--reason", "Now")
    assert "No money has moved: the recipient's account cannot receive it" in refused.stdout
    assert paid.payout.id in pilot("payout", "list", "--state", "refused").stdout
    paid.rail.unable.clear()
    pilot("payout", "trigger", "H7KM3Q", "--reason", "Again")
    assert paid.rail.made == {}
    assert "paid tr_1" in pilot("payout", "retry", "H7KM3Q", "--reason", "Mended").stdout
    swedish = pilot("payout", "show", "H7KM3Q", "--language", "sv").stdout
    assert "Pengarna finns i mottagarens Stripe-saldo" in swedish


def test_books_and_provider_are_reconciled_to_the_ore(pilot: Pilot, paid: Paid) -> None:
    approve(pilot, paid)
    paid.pay()
    assert pilot("payout", "reconcile").exit_code == 0
    paid.rail.reverse("tr_1", 1)
    assert pilot("payout", "reconcile").exit_code == 0  # What came back is booked, one öre too.
    paid.rail.made["tr_2"] = replace(paid.rail.made["tr_1"], reference="tr_2")
    differs = pilot("payout", "reconcile")
    assert (differs.exit_code, "DIFFER" in differs.stdout, "paid twice" in differs.stdout) == (1, True, True)


def test_the_switch_stops_and_starts_payouts_and_shows_its_state(pilot: Pilot, paid: Paid) -> None:
    approve(pilot, paid)
    assert "STOPPED" in pilot("payout", "stop", "--reason", "A burst").stdout
    assert "STOPPED" in pilot("payout", "status").stdout
    pilot("payout", "trigger", "H7KM3Q", "--reason", "Hurry")
    assert paid.rail.made == {}
    assert "running" in pilot("payout", "start", "--reason", "A school class").stdout
    assert json.loads(pilot("payout", "status", "--json").stdout)["stopped"] is False
    assert pilot("payout", "stop", "--reason", " ").exit_code == 1


def test_the_export_has_only_real_money_in_a_format_for_swedish_spreadsheets(
    pilot: Pilot, paid: Paid, tmp_path: Path
) -> None:
    approve(pilot, paid)
    paid.pay()  # simulated, and on a rail that moves no money: never in the file
    at = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)  # the 25th in Stockholm
    reward = new_identifier(at=at)
    lines = [
        ("rewards_expense", "rewards_owed"),
        ("rewards_owed", "provider_balance"),
        ("rewards_owed", "owed_to_cafes"),
    ]
    with paid.store.begin() as connection:
        for number, (debit, credit) in enumerate(lines):
            connection.execute(
                ledger.insert().values(
                    entry=f"{reward}:{number}", reward_id=reward, cafe="goteborg", simulated=False, debit=debit,
                    credit=credit, amount_ore=2050, booked_at=at,
                )
            )  # fmt: skip
    out = tmp_path / "nov.csv"
    days = ("--from", "2026-11-25", "--to", "2026-11-25")
    done = pilot("payout", "export", str(out), *days, "--reason", "Month's end", "--account", "rewards_owed=2899")
    assert done.exit_code == 0
    text = out.read_bytes().decode()
    assert text.startswith("\ufeffDatum;Verifikationsnummer;")
    first, paid_out, redeemed = text.strip().split("\r\n")[1:]
    assert (first.split(";")[0], first.split(";")[2:5]) == ("2026-11-25", ["5990", "2899", "20,50"])
    assert (paid_out.split(";")[3], redeemed.split(";")[3]) == ("1960", "2440")
    entry = next(each for each in audit.recent(paid.store, 5) if each.action == "payout.export")
    assert (entry.reason, entry.details["rows"]) == ("Month's end", 3)
    wrong = pilot("payout", "export", str(out), *days, "--reason", "x", "--account", "cash=1910")
    assert (wrong.exit_code, "The names are" in wrong.stderr) == (1, True)
    assert pilot("payout", "export", str(out), "--from", "x", "--to", "y", "--reason", "x").exit_code == 1


def test_support_reads_yes_or_no_with_the_reason(pilot: Pilot, tmp_path: Path) -> None:
    decided(opened(tmp_path), held=True)
    held = pilot("payout", "show", "H7KM3Q").stdout
    assert "Yes, but the reward is held" in held
    swedish = pilot("payout", "show", "H7KM3Q", "--language", "sv").stdout
    assert "Ja, men belöningen hålls inne" in swedish
    assert pilot("payout", "show", "H7KM3Q", "--language", "fi").exit_code == 1


def test_the_proof_of_payments_passes_and_mentions_the_fake(pilot: Pilot) -> None:
    done = pilot("test-payments", PILOT_CAFES_FILE=str(Path(__file__).parents[2] / "cafes.toml"))
    assert (done.exit_code, done.stdout.count("ok    ")) == (0, 5)
    assert "FAKE" in done.stdout


def test_an_unclaimed_reward_gets_a_voucher_again_only_once(pilot: Pilot, paid: Paid) -> None:
    taken = pilot("payout", "unclaim", "H7KM3Q", "--reason", "The account is gone")
    assert "has a voucher again" in taken.stdout
    assert batches.instructions(paid.store) == []
    again = pilot("payout", "unclaim", "H7KM3Q", "--reason", "Once more")
    assert again.exit_code == 1
    assert "Nobody has claimed the reward." in again.output
    reasons = {each.action: each.reason for each in audit.recent(paid.store, 50)}
    assert reasons["reward.unclaim"] == "The account is gone"
