"""The fake's bank: pays out accounts' balances automatically; the IBAN decides whether a payout fails.

Failing IBANs are those of Stripe's documentation for tests; every other one works.
"""

from __future__ import annotations

from datetime import timedelta

from proving.stripe_fake.books import Books

WORKING_IBAN = "SE3550000000054910000003"
# Stripe's test IBANs of Sweden, with the code that a payout to each fails with.
FAILING_IBANS = {
    "SE0850000000054910000004": "no_account",
    "SE89370400440532013002": "account_closed",
    "SE2850000000000002222227": "insufficient_funds",
    "SE89370400440532013004": "debit_not_authorized",
    "SE89370400440532013005": "invalid_currency",
}
# In the fake, a payout to a closed account fails after it was reported as paid.
FAILS_LATE = frozenset({"account_closed"})
SMALLEST_PAYOUT_ORE = 2000  # Sweden's minimum; a smaller balance stays on the account.


class Bank:
    """Pays out accounts, step by step as time passes."""

    def __init__(self, books: Books, *, settle: timedelta = timedelta(days=1)) -> None:
        """Make a bank.

        Args:
            books: The fake's state.
            settle: The time before money on an account is paid out, and the duration of each step of a payout.
        """
        self._books = books
        self._settle = int(settle.total_seconds())

    def balance_ore(self, account_id: str) -> int:
        """Return an account's balance: transfers less reversals and payouts."""
        books = self._books
        came = sum(
            each["amount"] - each["amount_reversed"]
            for each in books.transfers.values()
            if each["destination"] == account_id
        )
        out = sum(
            each["amount"]
            for name, each in books.payouts.items()
            if books.banks[name] == account_id and each["status"] not in ("failed", "canceled")
        )
        return int(came - out)

    def settle(self) -> int:
        """Advance and begin all due payouts; return the number of steps."""
        return self._end_due() + self._begin_due()

    def _begin_due(self) -> int:
        books, begun = self._books, 0
        due_before = books.seconds() - self._settle
        due = {each["destination"] for each in books.transfers.values() if each["created"] <= due_before}
        for account_id in sorted(due):
            account = books.accounts.get(account_id)
            if account is None or not account["payouts_enabled"]:
                continue
            if (ore := self.balance_ore(account_id)) >= SMALLEST_PAYOUT_ORE:
                books.bank_payout(account_id, ore)
                begun += 1
        return begun

    def _end_due(self) -> int:
        books, ended = self._books, 0
        for name, payout in books.payouts.items():
            age = books.seconds() - payout["created"]
            failure = FAILING_IBANS.get(books.ibans.get(books.banks[name], ""), "")
            late = failure in FAILS_LATE
            if payout["status"] == "pending" and age >= self._settle:
                if failure and not late:
                    books.bank_payout_fails(name, code=failure)
                else:
                    books.bank_payout_ends(name, status="paid")
            elif payout["status"] == "paid" and late and age >= 2 * self._settle:
                books.bank_payout_fails(name, code=failure)
            else:
                continue
            ended += 1
        return ended
