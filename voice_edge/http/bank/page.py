"""The pages on which a guest chooses a bank account, and what says that they cannot go on now."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pilot.cafes import Cafe, Language
from pilot.money import kronor
from pilot.words import section
from voice_edge.receipts.bank_account import Known

TroubleKind = Literal["away", "away_claimed", "refused", "refused_claimed", "none", "foreign"]
TITLES: dict[TroubleKind, str] = {"away_claimed": "away_title"}

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def choice_page(
    *, cafe: Cafe, language: Language, path: str, amount_ore: int, note: str, known: Known | None, simulated: bool
) -> str:
    """Return the page that says what the provider asks, and that the voucher stays good until the account is ready.

    Args:
        cafe: The café.
        language: The page's.
        path: The receipt's address.
        amount_ore: The reward.
        note: What to say of a rail that moves no money; empty for one that does.
        known: Whom the guest's remembered device was before.
        simulated: Whether it is a test's receipt.
    """
    return _environment.get_template("choice.html").render(
        cafe=cafe,
        language=language,
        other="en" if language == "sv" else "sv",
        path=path,
        note=note,
        known=known is not None,
        last4=known.last4 if known is not None else "",
        simulated=simulated,
        t=_words(language, amount_ore=amount_ore, last4=known.last4 if known is not None else ""),
    )


def trouble_page(*, cafe: Cafe, language: Language, path: str, kind: TroubleKind) -> str:
    """Return the page that says why the guest cannot go on, where the money is, and what to do."""
    words = _words(language)
    return _environment.get_template("trouble.html").render(
        cafe=cafe,
        language=language,
        path=path,
        title=words[f"trouble.{TITLES.get(kind, f'{kind}_title')}"],
        text=words[f"trouble.{kind}"],
        again=kind in ("away", "away_claimed", "refused", "refused_claimed"),
        t=words,
    )


def _words(language: Language, *, amount_ore: int = 0, last4: str = "") -> dict[str, str]:
    return {
        key: text.replace("{reward}", kronor(amount_ore)).replace("{last4}", last4)
        for key, text in section("bank", language).items()
    }
