"""The page on how guests' data are handled, built from the settings."""

from __future__ import annotations

from dataclasses import dataclass

from pilot.cafes import Cafes, Language
from pilot.settings import Settings
from pilot.words import section
from voice_edge.http.rendering import fill_placeholders, render


@dataclass(frozen=True, slots=True)
class PrivacyFacts:
    """What the page and the consent state.

    Attributes:
        controller: The name of the data's controller.
        contact: Its address for questions; empty if guests ask the staff.
        words_days: Days that guests' words are kept.
        devices_days: Days that hashes of devices are kept.
        backup_days: Days that a backup may contain them for longer.
        bank: Whether a reward may be paid to a bank account.
    """

    controller: str
    contact: str
    words_days: int
    devices_days: int
    backup_days: int
    bank: bool


def privacy_facts(settings: Settings, cafes: Cafes) -> PrivacyFacts:
    """Return the facts of an installation."""
    return PrivacyFacts(
        controller=cafes.pilot.responsible,
        contact=cafes.pilot.contact,
        words_days=settings.words_days,
        devices_days=settings.devices_days,
        backup_days=settings.backup_days,
        bank=bool(settings.stripe_key.get_secret_value()),
    )


def privacy_page(facts: PrivacyFacts, *, cafes: Cafes, language: Language) -> str:
    """Return the page in one language; the other one is one tap away.

    Args:
        facts: What to state.
        cafes: The cafés to list.
        language: The page's language.
    """
    values = {
        "controller": facts.controller,
        "contact": facts.contact,
        "words_days": str(facts.words_days),
        "devices_days": str(facts.devices_days),
        "backup_days": str(facts.backup_days),
    }
    return render(
        "privacy",
        language=language,
        cafe=None,
        cafes=cafes.cafe,
        parts=_parts(facts),
        t=fill_placeholders(section("privacy", language), values),
    )


def _parts(facts: PrivacyFacts) -> list[tuple[str, list[str]]]:
    """Return the page's parts and the texts of each, by their keys."""
    return [
        ("who", ["controller", "contact" if facts.contact else "staff", "cafes"]),
        ("why", ["text", "ground"]),
        ("what", ["words", "sound", "device", "remembered"]),
        ("long", ["words", "devices", "backups", "figures"]),
        ("readers", ["text", "ai", *(["bank"] if facts.bank else [])]),
        ("rights", ["erase", "copy", "lost", "complain"]),
    ]
