"""What a provider of payments must do for us, whoever it is: four answers, of which "unknown" is never a failure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from pilot.errors import PilotError


class ProviderError(PilotError):
    """The provider did not answer, or refused the question; of what it was asked for nothing was changed."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has made the transfer, under a reference of its own."""

    reference: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider has definitely not made it.

    Attributes:
        code: Its code.
        curable: Whether it may succeed later without a person: funds that arrive, a limit of the rate.
    """

    code: str
    curable: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows: a timeout, a reset, an error of the provider."""

    code: str


Outcome = Accepted | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer as the provider has it.

    Attributes:
        reference: The provider's.
        instruction_id: Ours, from its metadata; empty where it has none.
        reward_ids: Ours, from its metadata.
        account: Whose it is.
        amount_ore: How much.
        reversed_ore: How much of it came back.
        made_at: When.
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
    """What is asked for: the parameters as they were committed, under their key."""

    key: str
    parameters: str = field(repr=False)


class Rail(Protocol):
    """A provider."""

    @property
    def name(self) -> str:
        """Return the rail's name, as batches carry it."""
        ...

    def parameters(
        self, *, instruction_id: str, batch_id: str, account: str, amount_ore: int, reward_ids: tuple[str, ...]
    ) -> str:
        """Return what would be sent for an instruction, the same text for the same instruction."""
        ...

    def send(self, order: Order) -> Outcome:
        """Ask for a transfer, once; nothing is tried again within."""
        ...

    def find_transfer(self, instruction_id: str) -> Transfer | Unknown | None:
        """Return the transfer of an instruction, None where the provider has none."""
        ...

    def transfers(self, *, since: datetime) -> Iterator[Transfer]:
        """Yield the transfers made since a moment, newest first."""
        ...
