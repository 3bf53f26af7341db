"""The pages on which a guest chooses a bank account, or reads why this is impossible now."""

from __future__ import annotations

from typing import Literal

from pilot.cafes import Cafe, Language
from pilot.money import kronor
from pilot.words import section
from voice_edge.http.rendering import fill_placeholders, render
from voice_edge.receipts.bank_onboarding import KnownRecipient

FaultKind = Literal["away", "away_claimed", "refused", "refused_claimed", "none", "foreign"]
TITLES: dict[FaultKind, str] = {"away_claimed": "away_title"}
RETRYABLE: frozenset[FaultKind] = frozenset({"away", "away_claimed", "refused", "refused_claimed"})


def choice_page(
    *,
    cafe: Cafe,
    language: Language,
    path: str,
    amount_ore: int,
    note: str,
    known: KnownRecipient | None,
    simulated: bool,
) -> str:
    """Return the page that lists the provider's questions and offers to continue.

    Args:
        cafe: The café.
        language: The page's language.
        path: The receipt's address.
        amount_ore: The reward, in öre.
        note: The note on a rail that moves no money; empty for one that does.
        known: The recipient that the guest's remembered device used before; None for none.
        simulated: Whether it is a test's receipt.
    """
    last4 = known.last4 if known is not None else ""
    return render(
        "bank_choice",
        language=language,
        cafe=cafe,
        path=path,
        note=note,
        known=known is not None,
        last4=last4,
        simulated=simulated,
        t=fill_placeholders(section("bank", language), {"reward": kronor(amount_ore), "last4": last4}),
    )


def fault_page(*, cafe: Cafe, language: Language, path: str, kind: FaultKind) -> str:
    """Return the page that explains why the guest cannot continue, where the money is, and what to do."""
    words = fill_placeholders(section("bank", language), {"reward": kronor(0), "last4": ""})
    return render(
        "bank_fault",
        language=language,
        cafe=cafe,
        path=path,
        title=words[f"trouble.{TITLES.get(kind, f'{kind}_title')}"],
        text=words[f"trouble.{kind}"],
        again=kind in RETRYABLE,
        t=words,
    )
