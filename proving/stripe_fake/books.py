"""The fake's state: accounts, links, transfers, reversals, bank payouts, balance and events."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from proving.stripe_fake import specification
from storage.folders import write_atomically

LINK_SECONDS = 300
API_VERSION = "2026-10-28.endive"
Thing = dict[str, Any]

_SAVED = ("funds_ore", "accounts", "ibans", "banks", "links", "transfers", "payouts", "events", "kept", "_count")


class Books:
    """The fake's state, saved to a file if one is given."""

    def __init__(self, *, now: Callable[[], datetime], funds_ore: int, file: Path | None = None) -> None:
        self._now = now
        self._file = file
        self.funds_ore = funds_ore
        self.accounts: dict[str, Thing] = {}
        self.ibans: dict[str, str] = {}
        self.banks: dict[str, str] = {}
        self.links: dict[str, Thing] = {}
        self.transfers: dict[str, Thing] = {}
        self.payouts: dict[str, Thing] = {}
        self.events: dict[str, Thing] = {}
        self.undelivered: set[str] = set()
        self.kept: dict[str, Thing] = {}  # The answers under idempotency keys.
        self._count = 0
        if file is not None and file.exists():
            self._load(json.loads(file.read_text(encoding="utf-8")))

    def new_id(self, prefix: str) -> str:
        """Return a new identifier in Stripe's format."""
        self._count += 1
        return f"{prefix}_fake{self._count:08d}"

    def seconds(self) -> int:
        """Return the present moment in Stripe's format: seconds since 1970."""
        return int(self._now().timestamp())

    def record_event(self, kind: str, thing: Thing, *, account: str = "") -> Thing:
        """Record an event for delivery."""
        event: Thing = {
            "id": self.new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.seconds(),
            "data": {"object": json.loads(json.dumps(thing))},
            "livemode": False,
            "pending_webhooks": 1,
            "request": None,
            "type": kind,
        } | ({"account": account} if account else {})
        specification.check("event", event)
        self.events[event["id"]] = event
        self.undelivered.add(event["id"])
        return event

    def open_account(self, *, metadata: dict[str, str], email: str | None, account_id: str = "") -> Thing:
        """Return a new account without any details yet."""
        made = account_id or self.new_id("acct")
        self.accounts[made] = {
            "id": made,
            "object": "account",
            "capabilities": {"transfers": "inactive"},
            "charges_enabled": False,
            "controller": {
                "type": "application",
                "is_controller": True,
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "requirement_collection": "stripe",
                "stripe_dashboard": {"type": "express"},
            },
            "country": "SE",
            "created": self.seconds(),
            "default_currency": "sek",
            "details_submitted": False,
            "email": email,
            "external_accounts": {
                "object": "list",
                "data": [],
                "has_more": False,
                "url": f"/v1/accounts/{made}/external_accounts",
            },
            "metadata": metadata,
            "payouts_enabled": False,
            "requirements": {
                "alternatives": [],
                "current_deadline": None,
                "currently_due": ["external_account", "individual.first_name", "individual.dob.day"],
                "disabled_reason": "requirements.past_due",
                "errors": [],
                "eventually_due": ["external_account", "individual.first_name", "individual.dob.day"],
                "past_due": [],
                "pending_verification": [],
            },
            "type": "none",
        }
        return self.accounts[made]

    def onboard(self, account_id: str, *, iban: str, own: bool = False) -> Thing:
        """Complete an account's onboarding, so that transfers become possible.

        Args:
            account_id: The account.
            iban: The bank account.
            own: Whether the bank account counts as theirs only, although others use the same test IBAN.
        """
        account = self.accounts[account_id]
        account["details_submitted"] = account["payouts_enabled"] = True
        account["requirements"] |= {"currently_due": [], "eventually_due": [], "disabled_reason": None}
        bank: Thing = {
            "id": self.new_id("ba"),
            "object": "bank_account",
            "account": account_id,
            "account_holder_name": None,
            "account_holder_type": "individual",
            "account_type": None,
            "available_payout_methods": ["standard"],
            "bank_name": "FAKE BANK",
            "country": "SE",
            "currency": "sek",
            "default_for_currency": True,
            "fingerprint": hashlib.sha256((iban.replace(" ", "") + account_id * own).encode()).hexdigest()[:16],
            "last4": iban[-4:],
            "metadata": {},
            "routing_number": None,
            "status": "new",
        }
        account["external_accounts"]["data"] = [bank]
        self.ibans[account_id] = iban.replace(" ", "")
        self.record_event("account.external_account.created", bank, account=account_id)
        self.capability(account_id, "active")
        return account

    def capability(self, account_id: str, state: str) -> None:
        """Set the state of an account's capability `transfers`."""
        account = self.accounts[account_id]
        account["capabilities"]["transfers"] = state
        self.record_event("account.updated", account, account=account_id)

    def deauthorise(self, account_id: str) -> None:
        """Disconnect an account from the platform; it sends no further events."""
        application = {"id": "ca_fake", "object": "application", "name": "FAKE"}
        self.record_event("account.application.deauthorized", application, account=account_id)
        del self.accounts[account_id]

    def transfer(self, asked: Thing) -> Thing:
        """Move money to an account."""
        made = self.new_id("tr")
        self.transfers[made] = {
            "id": made,
            "object": "transfer",
            "amount": asked["amount"],
            "amount_reversed": 0,
            "balance_transaction": self.new_id("txn"),
            "created": self.seconds(),
            "currency": asked["currency"],
            "description": asked.get("description"),
            "destination": asked["destination"],
            "destination_payment": self.new_id("py"),
            "livemode": False,
            "metadata": asked.get("metadata") or {},
            "reversals": {"object": "list", "data": [], "has_more": False, "url": f"/v1/transfers/{made}/reversals"},
            "reversed": False,
            "source_transaction": None,
            "source_type": "card",
            "transfer_group": asked.get("transfer_group"),
        }
        self.funds_ore -= asked["amount"]
        self.record_event("transfer.created", self.transfers[made])
        return self.transfers[made]

    def reverse(self, transfer_id: str, amount: int, *, metadata: dict[str, str] | None = None) -> Thing:
        """Reverse a transfer, or a part of it."""
        transfer = self.transfers[transfer_id]
        reversal = {
            "id": self.new_id("trr"),
            "object": "transfer_reversal",
            "amount": amount,
            "balance_transaction": self.new_id("txn"),
            "created": self.seconds(),
            "currency": transfer["currency"],
            "destination_payment_refund": None,
            "metadata": metadata or {},
            "source_refund": None,
            "transfer": transfer_id,
        }
        transfer["amount_reversed"] += amount
        transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
        transfer["reversals"]["data"].insert(0, reversal)
        self.funds_ore += amount
        self.record_event("transfer.reversed", transfer)
        return reversal

    def bank_payout(self, account_id: str, amount: int, *, status: str = "pending", failure: str = "") -> Thing:
        """Begin a payout of an account's balance to its bank."""
        made = self.new_id("po")
        self.payouts[made] = {
            "id": made,
            "object": "payout",
            "amount": amount,
            "arrival_date": self.seconds(),
            "automatic": True,
            "created": self.seconds(),
            "currency": "sek",
            "failure_code": failure or None,
            "livemode": False,
            "metadata": {},
            "method": "standard",
            "reconciliation_status": "in_progress",
            "source_type": "card",
            "status": status,
            "type": "bank_account",
        }
        self.banks[made] = account_id
        self.record_event("payout.created", self.payouts[made], account=account_id)
        return self.payouts[made]

    def bank_payout_ends(self, payout_id: str, *, status: str, failure: str = "") -> None:
        """Set a bank payout to paid or failed; it may fail even after it was paid."""
        self.payouts[payout_id] |= {"status": status, "failure_code": failure or None}
        self.record_event(f"payout.{status}", self.payouts[payout_id], account=self.banks[payout_id])

    def bank_payout_fails(self, payout_id: str, *, code: str) -> None:
        """Fail a bank payout: the money returns to the account, and the bank account is disabled."""
        account_id = self.banks[payout_id]
        account = self.accounts[account_id]
        account["payouts_enabled"] = False
        self.bank_payout_ends(payout_id, status="failed", failure=code)
        for bank in account["external_accounts"]["data"]:
            bank["status"] = "errored"
            self.record_event("account.external_account.updated", bank, account=account_id)
        self.record_event("account.updated", account, account=account_id)

    def delivered(self, event_id: str) -> None:
        """Record that the endpoint has accepted an event."""
        self.undelivered.discard(event_id)
        self.events[event_id]["pending_webhooks"] = 0

    def save(self) -> None:
        """Save the state, so that a restarted fake continues from it."""
        if self._file is None:
            return
        state = {name: getattr(self, name) for name in _SAVED} | {"undelivered": sorted(self.undelivered)}
        write_atomically(self._file, json.dumps({"fake": "of Stripe; no money", **state}))

    def _load(self, state: Thing) -> None:
        for name, value in state.items():
            if name not in ("fake", "undelivered"):
                setattr(self, name, value)
        self.undelivered = set(state["undelivered"])
