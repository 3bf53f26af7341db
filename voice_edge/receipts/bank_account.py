"""The desk that takes guests to the provider: opens accounts, makes links on a click, asks how an account stands.

Everything waits in threads of its own, a few at a time, so that a provider that hangs keeps nobody from a receipt.
While it is away it is left alone for some seconds: the page says so at once, and the voucher is good all the while.
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
from storage.store.payouts import claims, onboardings, recipient_devices
from storage.store.payouts import recipient_statuses as standings
from storage.store.payouts.claims import Recipient
from voice_edge.clock import Clock
from voice_edge.receipts.receipt import KeptReceipt

if TYPE_CHECKING:
    from payouts.stripe.rail import StripeRail

CALLS_AT_ONCE = 4
GUEST_WAITS_SECONDS = 12.0
LEFT_ALONE_SECONDS = 10.0
LOOKED_AT_AGAIN = timedelta(seconds=15)  # Webhooks are quicker where there are any; a guest at the till is not idle.
PROVIDER_PAGES = "https://*.stripe.com"
FAKES_PAGES = "http: https:"  # A telephone reaches the fake's pages under another address than the edge asks it at.
NOTES: dict[str, str] = {"stripe_fake": "page.fake", "stripe_test": "page.test"}

Trouble = Literal["away", "refused", "none"]
Answer = TypeVar("Answer")
log = structlog.get_logger("voice_edge.http.bank")


class BankTrouble(Exception):
    """A guest cannot go on; `what` says why, and the page has the words."""

    def __init__(self, what: Trouble) -> None:
        super().__init__(what)
        self.what: Trouble = what


@dataclass(frozen=True, slots=True)
class Known:
    """A recipient whom a remembered device was before; `last4` of their bank account is empty where it is not known."""

    recipient: Recipient
    last4: str


class BankAccounts:
    """Takes guests to the provider."""

    def __init__(
        self,
        settings: Settings,
        *,
        open_store: Callable[[], Store],
        clock: Clock,
        open_provider: Callable[[], StripeRail | None] | None = None,
    ) -> None:
        """Make a desk; nothing is opened or imported before a guest asks.

        Args:
            settings: Say which rail there is.
            open_store: Opens the store.
            clock: The clock.
            open_provider: Opens the provider; by the settings where None.
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
        self._left_alone_until = 0.0
        self._looking: dict[str, asyncio.Future[None]] = {}
        self._looked_at: dict[str, datetime] = {}

    def offered(self, kept: KeptReceipt) -> bool:
        """Return whether a receipt's reward may go to an account: real guests' for money only, tests' never for it."""
        return self.rail is not None and claims.may_be_paid(self.rail, simulated=kept.receipt.simulated)

    def note(self, language: Language) -> str:
        """Return what to say of a rail that moves no money; empty for one that does."""
        key = NOTES.get(self.rail or "")
        return say("bank", key, language) if key else ""

    async def known(self, kept: KeptReceipt) -> Known | None:
        """Return whom the guest's remembered device was before, None where there is nobody.

        Raises:
            PilotError: the store is away.
        """
        if kept.decision is None:
            return None
        reward_id, simulated = kept.decision.reward_id, kept.receipt.simulated
        return await asyncio.to_thread(self._known, reward_id, simulated=simulated)

    async def go(self, kept: KeptReceipt, *, new: bool, back_url: str, again_url: str) -> str:
        """Return where the guest's browser goes: the provider's questions, or back where nothing is left to ask.

        Args:
            kept: The receipt.
            new: Whether the guest wants another account than the remembered one.
            back_url: Where the provider sends them back to.
            again_url: Where a link that is used up leads to.

        Raises:
            BankTrouble: they cannot go on now, or ever.
        """
        decision = kept.decision
        if decision is None or kept.erased_at is not None or not self.offered(kept):
            raise BankTrouble("none")
        reward_id, simulated = decision.reward_id, kept.receipt.simulated
        return await self._asked(
            lambda: self._go(reward_id, simulated=simulated, new=new, back_url=back_url, again_url=again_url)
        )

    async def look(self, kept: KeptReceipt, *, wait: bool) -> None:
        """Ask how the account stands that a receipt waits for; at most every some seconds, and never in vain for long.

        Args:
            kept: The receipt.
            wait: Whether to wait for the answer, as a guest does who comes back; else it is there at the next look.
        """
        payout = kept.payout
        if payout is None or payout.rail != self.rail or kept.erased_at is not None:
            return
        waiting = payout.onboarding == "asked" or (payout.claimed and payout.transfers != "active")
        if not waiting:
            return
        who, now = payout.recipient_id, self._clock.now()
        if not wait and now - self._looked_at.get(who, now - LOOKED_AT_AGAIN) < LOOKED_AT_AGAIN:
            return
        looking = self._looking.get(who)
        if wait and looking is not None:
            await asyncio.wait([looking])  # It may have asked before the guest had answered.
            looking = None
        if looking is None or looking.done():
            self._looked_at[who] = now
            looking = asyncio.ensure_future(self._look(who))
            self._looking[who] = looking
            looking.add_done_callback(lambda done: self._looked(who, done))
        if wait:
            await looking

    async def close(self) -> None:
        """Let go of the threads; what hangs in one is not waited for."""
        looking = list(self._looking.values())
        for each in looking:
            each.cancel()
        await asyncio.gather(*looking, return_exceptions=True)
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _looked(self, who: str, done: asyncio.Future[None]) -> None:
        if self._looking.get(who) is done:
            del self._looking[who]

    async def _look(self, who: str) -> None:
        try:
            await self._asked(lambda: self._refresh(who))
        except BankTrouble as trouble:
            log.info("recipient not looked at", why=trouble.what)

    async def _asked(self, call: Callable[[], Answer]) -> Answer:
        if self._clock.monotonic() < self._left_alone_until:
            raise BankTrouble("away")
        asked = asyncio.get_running_loop().run_in_executor(self._threads, call)
        try:
            return await asyncio.wait_for(asked, GUEST_WAITS_SECONDS)
        except (TimeoutError, OSError):
            self._left_alone_until = self._clock.monotonic() + LEFT_ALONE_SECONDS
            raise BankTrouble("away") from None
        except onboardings.OnboardingRefused:
            raise BankTrouble("none") from None
        except PilotError as error:
            log.warning("guest not taken to the provider", kind=type(error).__name__, what=error.what)
            if error.retryable:
                self._left_alone_until = self._clock.monotonic() + LEFT_ALONE_SECONDS
                raise BankTrouble("away") from None
            raise BankTrouble("refused") from None

    def _opened(self) -> StripeRail:
        if self._provider is None:
            self._provider = self._open_provider()
        if self._provider is None:
            raise BankTrouble("none")
        return self._provider

    def _known(self, reward_id: str, *, simulated: bool) -> Known | None:
        if self.rail is None:
            return None
        store = self._open_store()
        device = recipient_devices.of_reward(store, reward_id)
        if device is None:
            return None
        known = recipient_devices.find(store, device=device, rail=self.rail, simulated=simulated)
        found = standings.recipient(store, known) if known is not None else None
        if found is None:
            return None
        standing = standings.find(store, found.id)
        if standing is not None and standing.transfers == "gone":
            return None
        return Known(found, (standing.bank_last4 or "") if standing is not None else "")

    def _go(self, reward_id: str, *, simulated: bool, new: bool, back_url: str, again_url: str) -> str:
        provider, store = self._opened(), self._open_store()
        recipient = self._recipient(store, provider, reward_id, simulated=simulated, new=new)
        onboarding = onboardings.request(store, reward_id, recipient_id=recipient.id)
        if onboarding.recipient_id != recipient.id:
            return back_url  # The account that was asked for before became ready meanwhile, and has the reward.
        if (device := recipient_devices.of_reward(store, reward_id)) is not None:
            recipient_devices.remember(store, device=device, rail=recipient.rail, recipient_id=recipient.id)
        if onboarding.state == "asked":
            self._refresh(recipient.id)
            settled = onboardings.find(store, reward_id)
            if settled is not None and settled.state != "asked":
                return back_url
        from payouts.stripe.recipients import onboarding_link

        return onboarding_link(provider, account=recipient.account, return_url=back_url, refresh_url=again_url)

    def _recipient(
        self, store: Store, provider: StripeRail, reward_id: str, *, simulated: bool, new: bool
    ) -> Recipient:
        asked = onboardings.find(store, reward_id)
        instead_of = ""
        if asked is not None:
            standing = standings.find(store, asked.recipient_id)
            gone = standing is not None and standing.transfers == "gone"
            if asked.state != "claimed" and (new or gone):
                instead_of = asked.recipient_id
            elif (found := standings.recipient(store, asked.recipient_id)) is not None:
                return found
        elif not new and (known := self._known(reward_id, simulated=simulated)) is not None:
            return known.recipient
        onboardings.record_intent(store, reward_id)
        from payouts.stripe.recipients import open_account

        account = open_account(provider, reward_id=reward_id, instead_of=instead_of)
        return claims.recipient(store, rail=provider.name, account=account, simulated=simulated)

    def _refresh(self, recipient_id: str) -> None:
        provider, store = self._opened(), self._open_store()
        recipient = standings.recipient(store, recipient_id)
        if recipient is not None:
            from payouts.stripe.recipients import refresh_status

            refresh_status(store, provider, recipient)
