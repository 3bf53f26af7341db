"""Onboarding at the fake: a link opens one visit, once and within minutes."""

from __future__ import annotations

import secrets

from proving.stripe_fake.books import Books, Thing
from proving.stripe_fake.pages import CHOICES, SHARED


class Onboarding:
    """Opens links and finishes visits."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def open(self, token: str) -> tuple[str, str]:
        """Use a link; return its visit, else the address to redirect to; both empty for an unknown link."""
        link = self._books.links.get(token)
        if link is None:
            return "", ""
        if link.get("visit") or self._books.seconds() >= link["expires_at"]:
            return "", link["refresh_url"]
        link["visit"] = secrets.token_urlsafe(16)
        return link["visit"], ""

    def visit(self, visit: str) -> Thing | None:
        """Return the link that opened a visit."""
        return next((each for each in self._books.links.values() if each.get("visit") == visit), None)

    def finish(self, visit: str, *, choice: str) -> bool:
        """Give the account the chosen bank account; return whether that was possible."""
        link = self.visit(visit)
        iban = next((iban for value, iban, _ in CHOICES if value == choice), "")
        if link is None or not iban:
            return False
        self._books.onboard(link["account"], iban=iban, own=choice != SHARED)
        return True
