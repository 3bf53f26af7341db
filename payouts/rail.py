"""The interface of a payment provider; an unknown outcome is never treated as a failure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pilot.errors import PilotError


class ProviderError(PilotError):
    """The provider did not answer, or refused a request; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider made the transfer, under its own reference."""

    reference: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider has definitely not made the transfer.

    Attributes:
        code: The provider's code.
        curable: Whether a retry may succeed without a person: once funds arrive, or below a rate limit.
    """

    code: str
    curable: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """The outcome is unknown: a timeout, a reset, or an error of the provider."""

    code: str


Outcome = Accepted | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer as recorded by the provider.

    Attributes:
        reference: The provider's reference.
        instruction_id: Our instruction, from the metadata; empty if there is none.
        reward_ids: Our rewards, from the metadata.
        account: The recipient's account.
        amount_ore: The amount.
        reversed_ore: The part that was reversed.
        made_at: When it was made, UTC.
    """

    reference: str
    instruction_id: str
    reward_ids: tuple[str, ...]
    account: str
    amount_ore: int
    reversed_ore: int
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """A request for a transfer: the committed parameters and their idempotency key."""

    key: str
    parameters: str = field(repr=False)


class Rail(Protocol):
    """A payment provider."""

    @property
    def name(self) -> str:
        """Return the rail's name, as stored with its batches."""
        ...

    def parameters(
        self, *, instruction_id: str, batch_id: str, account: str, amount_ore: int, reward_ids: tuple[str, ...]
    ) -> str:
        """Return the request for an instruction: the same text for the same instruction."""
        ...

    def send(self, order: Order) -> Outcome:
        """Request a transfer once, without retries."""
        ...

    def find_transfer(self, instruction_id: str) -> Transfer | Unknown | None:
        """Return the transfer of an instruction, None if the provider has none."""
        ...

    def bank_fingerprint(self, account: str) -> str | None:
        """Return the fingerprint of an account's bank account; None if it has none, or the account is gone.

        Raises:
            ProviderError: the provider does not answer.
        """
        ...

    def transfers(self, *, since: datetime) -> Iterator[Transfer]:
        """Yield the transfers made since a moment, newest first."""
        ...
