"""Onboards guests at the payment provider: opens accounts, makes links, refreshes statuses.

Calls to the provider run in a few threads of their own, so that a provider that hangs delays no receipt. After a
failure the provider is not called for some seconds: pages report this at once, and the voucher stays valid.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeVar

import structlog

from payouts.stripe.configured import open_rail, rail_name
from pilot.cafes import Language
from pilot.errors import PilotError
from pilot.settings import Settings
from pilot.words import say
from storage.store.engine import Store
from storage.store.payouts import claims, onboardings, recipient_devices, recipient_statuses
from storage.store.payouts.claims import Recipient
from voice_edge.clock import Clock
from voice_edge.receipts.receipt import ReceiptStatus

if TYPE_CHECKING:
    from payouts.stripe.rail import StripeRail

CALLS_AT_ONCE = 4
GUEST_WAITS_SECONDS = 12.0
BACKOFF_SECONDS = 10.0
REFRESH_EVERY = timedelta(seconds=15)  # Webhooks are quicker if they are set up.
PROVIDER_PAGES = "https://*.stripe.com"
FAKES_PAGES = "http: https:"  # A phone reaches the fake's pages under another address than the edge does.
NOTES: dict[str, str] = {"stripe_fake": "page.fake", "stripe_test": "page.test"}

BankFaultCode = Literal["away", "refused", "none"]
Result = TypeVar("Result")
log = structlog.get_logger("voice_edge.http.bank")


class BankFault(Exception):
    """A guest cannot continue to the provider; `code` is the reason, and the page has its words."""

    def __init__(self, code: BankFaultCode) -> None:
        super().__init__(code)
        self.code: BankFaultCode = code


@dataclass(frozen=True, slots=True)
class KnownRecipient:
    """The recipient that a remembered device used before; `last4` of the bank account is empty if unknown."""

    recipient: Recipient
    last4: str


class BankOnboarding:
    """The onboarding of guests at the provider."""

    def __init__(
        self,
        settings: Settings,
        *,
        open_store: Callable[[], Store],
        clock: Clock,
        open_provider: Callable[[], StripeRail | None] | None = None,
    ) -> None:
        """Create the service; it opens and imports nothing before a guest's first request.

        Args:
            settings: The settings, which name the rail.
            open_store: Opens the store.
            clock: The clock.
            open_provider: Opens the provider; None opens it by the settings.
        """
        self.rail = rail_name(settings)
        self.origin = ""
        if self.rail is not None:
            self.origin = FAKES_PAGES if self.rail == "stripe_fake" else PROVIDER_PAGES
        self._open_store = open_store
        self._clock = clock
        self._open_provider = open_provider or (lambda: open_rail(settings))
        self._provider: StripeRail | None = None
        self._threads = ThreadPoolExecutor(max_workers=CALLS_AT_ONCE, thread_name_prefix="bank")
        self._backoff_until = 0.0
        self._refreshes: dict[str, asyncio.Future[None]] = {}
        self._refreshed_at: dict[str, datetime] = {}

    def offered(self, status: ReceiptStatus) -> bool:
        """Return whether a reward may go to an account: real ones on a real rail, tests' on a test rail."""
        return self.rail is not None and claims.may_be_paid(self.rail, simulated=status.receipt.simulated)

    def note(self, language: Language) -> str:
        """Return the note on a rail that moves no money; empty for one that does."""
        key = NOTES.get(self.rail or "")
        return say("bank", key, language) if key else ""

    async def known_recipient(self, status: ReceiptStatus) -> KnownRecipient | None:
        """Return the recipient that the guest's remembered device used before; None for none.

        Raises:
            PilotError: the store is away.
        """
        if status.decision is None:
            return None
        reward_id, simulated = status.decision.reward_id, status.receipt.simulated
        return await asyncio.to_thread(self._known_recipient, reward_id, simulated=simulated)

    async def onboarding_url(self, status: ReceiptStatus, *, new: bool, back_url: str, again_url: str) -> str:
        """Return the provider's onboarding link for a reward, or `back_url` if no question is left.

        Args:
            status: The receipt's status.
            new: Whether the guest wants an account other than the remembered one.
            back_url: The address to which the provider returns the guest.
            again_url: The address to which a used-up link leads.

        Raises:
            BankFault: the guest cannot continue now, or ever.
        """
        decision = status.decision
        if decision is None or status.erased_at is not None or not self.offered(status):
            raise BankFault("none")
        reward_id, simulated = decision.reward_id, status.receipt.simulated
        return await self._call(
            lambda: self._onboarding_url(
                reward_id, simulated=simulated, new=new, back_url=back_url, again_url=again_url
            )
        )

    async def refresh(self, status: ReceiptStatus, *, wait: bool) -> None:
        """Refresh the status of the account that a receipt waits for, at most once per `REFRESH_EVERY`.

        Args:
            status: The receipt's status.
            wait: Whether to refresh now and wait for the result, as for a guest who returns; otherwise the result is
                there at the next request.
        """
        payout = status.payout
        if payout is None or payout.rail != self.rail or status.erased_at is not None:
            return
        waiting = payout.onboarding == "asked" or (payout.claimed and payout.transfers != "active")
        if not waiting:
            return
        recipient_id, now = payout.recipient_id, self._clock.now()
        if not wait and now - self._refreshed_at.get(recipient_id, now - REFRESH_EVERY) < REFRESH_EVERY:
            return
        refresh = self._refreshes.get(recipient_id)
        if wait and refresh is not None:
            await asyncio.wait([refresh])  # It may have begun before the guest's answer.
            refresh = None
        if refresh is None or refresh.done():
            self._refreshed_at[recipient_id] = now
            refresh = asyncio.ensure_future(self._refresh(recipient_id))
            self._refreshes[recipient_id] = refresh
            refresh.add_done_callback(lambda done: self._forget(recipient_id, done))
        if wait:
            await refresh

    async def close(self) -> None:
        """Cancel refreshes and release the threads without waiting for calls that hang."""
        refreshes = list(self._refreshes.values())
        for refresh in refreshes:
            refresh.cancel()
        await asyncio.gather(*refreshes, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _forget(self, recipient_id: str, refresh: asyncio.Future[None]) -> None:
        if self._refreshes.get(recipient_id) is refresh:
            del self._refreshes[recipient_id]

    async def _refresh(self, recipient_id: str) -> None:
        try:
            await self._call(lambda: self._refresh_status(recipient_id))
        except BankFault as fault:
            log.info("recipient not refreshed", code=fault.code)

    async def _call(self, call: Callable[[], Result]) -> Result:
        """Return the result of a call to the provider, made in a thread.

        Raises:
            BankFault: it failed, took too long, or a recent one did.
        """
        if self._clock.monotonic() < self._backoff_until:
            raise BankFault("away")
        future = asyncio.get_running_loop().run_in_executor(self._threads, call)
        try:
            return await asyncio.wait_for(future, GUEST_WAITS_SECONDS)
        except (TimeoutError, OSError):
            self._backoff_until = self._clock.monotonic() + BACKOFF_SECONDS
            raise BankFault("away") from None
        except onboardings.OnboardingRefused:
            raise BankFault("none") from None
        except PilotError as error:
            log.warning("guest not taken to the provider", kind=type(error).__name__, what=error.what)
            if error.retryable:
                self._backoff_until = self._clock.monotonic() + BACKOFF_SECONDS
                raise BankFault("away") from None
            raise BankFault("refused") from None

    def _opened_provider(self) -> StripeRail:
        if self._provider is None:
            self._provider = self._open_provider()
        if self._provider is None:
            raise BankFault("none")
        return self._provider

    def _known_recipient(self, reward_id: str, *, simulated: bool) -> KnownRecipient | None:
        if self.rail is None:
            return None
        store = self._open_store()
        device = recipient_devices.of_reward(store, reward_id)
        if device is None:
            return None
        recipient_id = recipient_devices.find(store, device=device, rail=self.rail, simulated=simulated)
        recipient = recipient_statuses.recipient(store, recipient_id) if recipient_id is not None else None
        if recipient is None:
            return None
        status = recipient_statuses.find(store, recipient.id)
        if status is not None and status.transfers == "gone":
            return None
        return KnownRecipient(recipient, (status.bank_last4 or "") if status is not None else "")

    def _onboarding_url(self, reward_id: str, *, simulated: bool, new: bool, back_url: str, again_url: str) -> str:
        provider, store = self._opened_provider(), self._open_store()
        recipient = self._recipient(store, provider, reward_id, simulated=simulated, new=new)
        onboarding = onboardings.request(store, reward_id, recipient_id=recipient.id)
        if onboarding.recipient_id != recipient.id:
            return back_url  # The previously requested account has become ready, and has the reward.
        if (device := recipient_devices.of_reward(store, reward_id)) is not None:
            recipient_devices.remember(store, device=device, rail=recipient.rail, recipient_id=recipient.id)
        if onboarding.state == "asked":
            self._refresh_status(recipient.id)
            settled = onboardings.find(store, reward_id)
            if settled is not None and settled.state != "asked":
                return back_url
        from payouts.stripe.recipients import onboarding_link

        return onboarding_link(provider, account=recipient.account, return_url=back_url, refresh_url=again_url)

    def _recipient(
        self, store: Store, provider: StripeRail, reward_id: str, *, simulated: bool, new: bool
    ) -> Recipient:
        onboarding = onboardings.find(store, reward_id)
        instead_of = ""
        if onboarding is not None:
            status = recipient_statuses.find(store, onboarding.recipient_id)
            gone = status is not None and status.transfers == "gone"
            if onboarding.state != "claimed" and (new or gone):
                instead_of = onboarding.recipient_id
            elif (recipient := recipient_statuses.recipient(store, onboarding.recipient_id)) is not None:
                return recipient
        elif not new and (known := self._known_recipient(reward_id, simulated=simulated)) is not None:
            return known.recipient
        onboardings.record_intent(store, reward_id)
        from payouts.stripe.recipients import open_account

        account = open_account(provider, reward_id=reward_id, instead_of=instead_of)
        return claims.recipient(store, rail=provider.name, account=account, simulated=simulated)

    def _refresh_status(self, recipient_id: str) -> None:
        provider, store = self._opened_provider(), self._open_store()
        recipient = recipient_statuses.recipient(store, recipient_id)
        if recipient is not None:
            from payouts.stripe.recipients import refresh_status

            refresh_status(store, provider, recipient)
