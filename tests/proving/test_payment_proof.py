"""The proof of payments: all of it holds, each part of it can fail, and a live key is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from payouts.rail import Unknown
from payouts.stripe.rail import StripeRail
from pilot.cafes import parse_cafes
from pilot.settings import Settings
from proving.payment_proof import STEPS, LiveKey, Step, prove
from proving.stripe_fake import fake as faked
from proving.stripe_fake.books import Books
from storage.store.payouts import provider_events

CAFES = parse_cafes(Path("cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")


def steps(**options: Any) -> dict[str, Step]:
    return {step.name: step for step in prove(Settings(**options), cafes=CAFES, cafe="aurora")}


def test_every_step_is_proven_and_described() -> None:
    done = steps()
    assert list(done) == ["success", "decline", "retry", "webhook replay", "idempotency"] == list(STEPS)
    assert [step.name for step in done.values() if not step.ok] == []
    assert "insufficient_capabilities_for_transfer" in done["decline"].seen


def test_a_live_key_is_refused() -> None:
    with pytest.raises(LiveKey):
        steps(stripe_key=SecretStr("sk_live_1"))


def test_a_provider_that_pays_whom_it_must_not_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Books, "capability", lambda self, account, state: None)
    original = Books.onboard

    def onboard(self: Books, account_id: str, *, iban: str) -> Any:
        self.accounts[account_id]["capabilities"]["transfers"] = "active"
        return original(self, account_id, iban=iban)

    monkeypatch.setattr(Books, "onboard", onboard)
    assert not steps()["decline"].ok


def test_a_provider_that_forgets_its_keys_at_once_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faked.SavedAnswers, "before", lambda self, asked: None)
    assert not steps()["idempotency"].ok


def test_a_rail_that_never_gets_through_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StripeRail, "send", lambda self, order: Unknown("timeout"))
    done = steps()
    assert [done[name].ok for name in ("success", "decline", "retry")] == [False, False, False]


def test_events_that_are_kept_twice_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    original = provider_events.save

    def save(store: Any, events: Any, *, way: Any) -> frozenset[str]:
        original(store, events, way=way)
        return frozenset(each.id for each in events)

    monkeypatch.setattr(provider_events, "save", save)
    assert not steps()["webhook replay"].ok
