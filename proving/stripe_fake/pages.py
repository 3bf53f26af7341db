"""The fake's pages for people, headed as a fake's: onboarding, and an overview of its state."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pilot.cafes import Language
from pilot.money import ORE_PER_KRONA
from pilot.words import section
from proving.stripe_fake.bank import FAILING_IBANS, WORKING_IBAN
from proving.stripe_fake.books import Books, Thing

SHOWN = 200  # Maximum rows of a table, newest first.
# Test IBANs are few and guests many: each choice except the shared one counts as the guest's own bank account.
SHARED = "shared"
CHOICES = (
    (WORKING_IBAN, WORKING_IBAN, "works"),
    *((iban, iban, kind) for iban, kind in FAILING_IBANS.items()),
    (SHARED, WORKING_IBAN, SHARED),
)

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def onboarding_page(*, language: Language, return_url: str) -> str:
    """Return the page to choose a made-up bank account; `return_url` is the address for leaving."""
    return _page("onboarding", language, "onboarding.heading", choices=CHOICES, leave=return_url)


def gone_page(*, language: Language) -> str:
    """Return the page of an unknown link."""
    return _page("gone", language, "onboarding.gone_heading")


def overview_page(books: Books, *, language: Language) -> str:
    """Return the overview of accounts, transfers, bank payouts and events, ids last."""
    words = section("stripe_fake", language)
    kronor = partial(_kronor, language=language)
    yes_no = {True: words["overview.yes"], False: words["overview.no"]}
    tables = (
        (
            "accounts",
            ("state", "due", "id"),
            [
                (e["capabilities"]["transfers"], len(e["requirements"]["currently_due"]), e["id"])
                for e in _newest(books.accounts)
            ],
        ),
        (
            "transfers",
            ("amount", "reversed", "account", "id"),
            [
                (kronor(e["amount"]), kronor(e["amount_reversed"]), e["destination"], e["id"])
                for e in _newest(books.transfers)
            ],
        ),
        (
            "payouts",
            ("amount", "state", "account", "id"),
            [
                (
                    kronor(e["amount"]),
                    f"{e['status']} {e['failure_code'] or ''}".strip(),
                    books.banks[e["id"]],
                    e["id"],
                )
                for e in _newest(books.payouts)
            ],
        ),
        (
            "events",
            ("kind", "delivered", "account", "id"),
            [
                (e["type"], yes_no[e["id"] not in books.undelivered], e.get("account", ""), e["id"])
                for e in _newest(books.events)
            ],
        ),
    )
    funds = words["overview.funds"].format(amount=kronor(books.funds_ore))
    return _page("overview", language, "overview.heading", tables=tables, funds=funds)


def _page(name: str, language: Language, heading: str, **shown: object) -> str:
    words = section("stripe_fake", language)
    return _environment.get_template(f"{name}.html").render(
        t=words, language=language, other="en" if language == "sv" else "sv", heading=words[heading], **shown
    )


def _newest(things: dict[str, Thing]) -> list[Thing]:
    return list(reversed(things.values()))[:SHOWN]


def _kronor(ore: int, *, language: Language) -> str:
    text = f"{ore / ORE_PER_KRONA:,.2f}"
    return text if language == "en" else text.replace(",", "\N{NO-BREAK SPACE}").replace(".", ",")
