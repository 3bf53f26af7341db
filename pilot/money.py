"""Money: whole öre, Swedish kronor only."""

from __future__ import annotations

ORE_PER_KRONA = 100


def kronor(amount_ore: int) -> str:
    """Return an amount for people: `20 kr`, `12,50 kr` (Swedish decimals, a no-break space)."""
    sign = "−" if amount_ore < 0 else ""
    whole, rest = divmod(abs(amount_ore), ORE_PER_KRONA)
    return f"{sign}{whole},{rest:02d}\u00a0kr" if rest else f"{sign}{whole}\u00a0kr"
