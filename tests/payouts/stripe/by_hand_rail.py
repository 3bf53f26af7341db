"""The Stripe rail on the fake, with the controls that a world of payouts needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from payouts.rail import Order, Outcome, Transfer
from payouts.stripe.calling import make_client
from payouts.stripe.limiter import CallLimiter
from payouts.stripe.rail import StripeRail, as_transfer
from proving.stripe_fake.by_hand import InProcessClient
from proving.stripe_fake.fake import FakeStripe

IBAN = "SE3550000000054910000003"


class Unable(set[str]):
    """The accounts without the capability."""

    def __init__(self, fake: FakeStripe) -> None:
        self.fake = fake

    def add(self, account: str) -> None:
        super().add(account)
        if account in self.fake.books.accounts:
            self.fake.books.capability(account, "inactive")

    def discard(self, account: str) -> None:
        if account in self and account in self.fake.books.accounts:
            self.fake.books.capability(account, "active")
        super().discard(account)

    def clear(self) -> None:
        for account in self & set(self.fake.books.accounts):
            self.fake.books.capability(account, "active")
        super().clear()


class ByHandRail(StripeRail):
    """The real rail and official client on a fake without a socket; accounts open on first use."""

    def __init__(self, *, now: Callable[[], datetime], limiter: CallLimiter | None = None) -> None:
        self.fake = FakeStripe(now=now, calls_per_second=None)
        free = CallLimiter(1e9, sleep=lambda _: None)
        self.client = make_client("sk_test_fake", url="http://fake", http_client=InProcessClient(self.fake))
        super().__init__(self.client, name="stripe_fake", limiter=limiter or free)
        self.unable = Unable(self.fake)
        self.faults = self.fake.faults
        self.asked = self.fake.asked

    @property
    def funds_ore(self) -> int:
        return self.fake.books.funds_ore

    @funds_ore.setter
    def funds_ore(self, ore: int) -> None:
        self.fake.books.funds_ore = ore

    @property
    def made(self) -> dict[str, Transfer]:
        import stripe

        return {
            name: as_transfer(stripe.Transfer.construct_from(each, "sk_test_fake"))
            for name, each in self.fake.books.transfers.items()
        }

    def parameters(
        self, *, instruction_id: str, batch_id: str, account: str, amount_ore: int, reward_ids: tuple[str, ...]
    ) -> str:
        if account not in self.fake.books.accounts:
            self.fake.books.open_account(metadata={}, email=None, account_id=account)
            self.fake.books.onboard(account, iban=f"{IBAN}{account}")
            if account in self.unable:
                self.fake.books.capability(account, "inactive")
        return super().parameters(
            instruction_id=instruction_id,
            batch_id=batch_id,
            account=account,
            amount_ore=amount_ore,
            reward_ids=reward_ids,
        )

    def send(self, order: Order) -> Outcome:
        return super().send(order)

    def reverse(self, reference: str, amount_ore: int) -> None:
        transfer = self.fake.books.transfers[reference]
        if (left := min(amount_ore, transfer["amount"] - transfer["amount_reversed"])) > 0:
            self.fake.books.reverse(reference, left)
