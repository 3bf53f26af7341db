"""Exports the ledger's real rows as CSV that a Swedish spreadsheet opens without conversion."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping
from typing import get_args

from pilot.business_days import local_time
from pilot.errors import PilotError
from pilot.money import ORE_PER_KRONA
from storage.store.ledger.bookings import LedgerRow
from storage.store.ledger.bookkeeping import Account

# BAS 2026. A bookkeeper can replace any of them: `pilot payout export --account rewards_owed=2899`.
BAS: Mapping[Account, str] = {
    "rewards_expense": "5990",  # Övriga kostnader för reklam och PR
    "rewards_owed": "2890",  # Övriga kortfristiga skulder: to guests
    "owed_to_cafes": "2440",  # Leverantörsskulder: vouchers redeemed at cafés
    "provider_balance": "1960",  # Koncernkonto and similar: the balance at Stripe
}
BOM = "\ufeff"
COLUMNS = (
    "Datum", "Verifikationsnummer", "Konto debet", "Konto kredit", "Belopp (kr)", "Text", "Kafé", "Batch",
    "Utbetalning", "Betaltjänstens referens", "Belöning",
)  # fmt: skip
TEXTS: Mapping[tuple[str, str], str] = {
    ("rewards_expense", "rewards_owed"): "Belöning utlovad",
    ("rewards_owed", "owed_to_cafes"): "Kupong inlöst i kassan",
    ("owed_to_cafes", "rewards_owed"): "Inlösen ångrad",
    ("rewards_owed", "rewards_expense"): "Kupong förfallen",
    ("rewards_owed", "provider_balance"): "Utbetald via Stripe",
    ("provider_balance", "rewards_owed"): "Utbetalning återförd",
}


class UnknownAccount(PilotError):
    """An account is not in the ledger, or its number is not a BAS number."""


def accounts(given: Collection[str]) -> dict[Account, str]:
    """Return the BAS numbers, with each `name=number` replacing a default.

    Raises:
        UnknownAccount: the ledger has no such account, or the number does not have four digits.
    """
    found = dict(BAS)
    known = [name for name in get_args(Account) if name in BAS]
    for each in given:
        name, _, number = each.partition("=")
        if name not in known or len(number) != 4 or not number.isdecimal():
            raise UnknownAccount(
                f"{each!r} is not an account: expected name=number with four digits.",
                remedy=f"The names are {', '.join(known)}.",
            )
        found[next(account for account in BAS if account == name)] = number
    return found


def as_csv(rows: Collection[LedgerRow], *, numbers: Mapping[Account, str]) -> str:
    """Return the rows as CSV: byte-order mark, semicolons, decimal commas, days in Stockholm time."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow(
            [
                local_time(row.booked_at).date().isoformat(),
                f"B{row.number}",
                numbers[row.debit],
                numbers[row.credit],
                f"{row.amount_ore // ORE_PER_KRONA},{row.amount_ore % ORE_PER_KRONA:02d}",
                TEXTS[row.debit, row.credit],
                row.cafe,
                row.batch,
                row.payout,
                row.reference,
                row.reward_id,
            ]
        )
    return BOM + text.getvalue()
