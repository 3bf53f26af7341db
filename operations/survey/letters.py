"""Invites managers to the survey and reminds them, by the digest's mail server.

The audit log is the record of letters: each is entered before it leaves, with its outcome afterwards. A letter of
unknown outcome counts as sent, since nobody wants two. A manager gets one invitation a period, and one reminder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING, Literal

from operations.digest.mail_server import MailServer, SmtpServer
from operations.digest.sending import LOCAL_DOMAIN, is_configured
from pilot.errors import PilotError
from pilot.formatting import Language, day_and_year
from pilot.survey import Period
from pilot.words import say
from storage.store import audit
from storage.store.access import accounts
from storage.store.access.accounts import Account
from storage.store.access.preferences import Preferences, every_preference
from storage.store.access.survey_answers import answers_of
from storage.store.outgoing.digests import Outcome

if TYPE_CHECKING:
    from storage.home import Home

Kind = Literal["invite", "remind"]
REMIND_AFTER = timedelta(days=3)
ENTRIES_READ = 10_000  # more letters than a survey's managers
TRY_AGAIN = ("waiting", "refused")  # outcomes after which nothing arrived
ACTOR = "survey"


class NoMailServer(PilotError):
    """No mail server is set."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that a manager is due, or its state.

    Attributes:
        account: The manager.
        kind: invite or remind.
        language: The manager's language.
    """

    account: Account
    kind: Kind
    language: Language


def unanswered(home: Home, period: Period) -> list[Account]:
    """Return the managers who have not answered in a period, by address."""
    answered = {
        each.account_id
        for each in answers_of(home.store(), simulated=home.kind == "demo")
        if each.period == period.first
    }
    every = accounts.every(home.store())
    return [each for each in every if each.role == "manager" and each.revoked_at is None and each.id not in answered]


def due_letters(home: Home, period: Period, *, kind: Kind, now: datetime) -> list[Letter]:
    """Return the letters of a kind that are due now.

    An invitation is due once; a reminder once too, from the third day after the invitation on.
    """
    sent = {each: _sent(home, period, kind=each) for each in ("invite", "remind")}
    chosen = every_preference(home.store())
    return [
        Letter(account, kind, chosen.get(account.id, Preferences()).language)
        for account in unanswered(home, period)
        if account.email.rpartition("@")[2] != LOCAL_DOMAIN and account.id not in sent[kind]
        if kind == "invite" or (account.id in sent["invite"] and now - sent["invite"][account.id] >= REMIND_AFTER)
    ]


def send_letters(
    home: Home, period: Period, *, kind: Kind, clock: Callable[[], datetime], server: MailServer | None = None
) -> Iterator[tuple[Letter, Outcome]]:
    """Send the letters that are due, and yield each with its outcome.

    Args:
        home: The home.
        period: The survey's period.
        kind: invite or remind.
        clock: Returns the current time, aware.
        server: The mail server; None for that of the settings.

    Raises:
        NoMailServer: neither is there.
    """
    if server is None:
        if not is_configured(home.settings):
            raise NoMailServer("No mail server is set.", remedy="Set PILOT_SMTP_URL and PILOT_MAIL_FROM.")
        server = SmtpServer.of(home.settings.smtp_url.get_secret_value())
    for letter in due_letters(home, period, kind=kind, now=clock()):
        _record(home, period, letter, state="sending", at=clock())
        outcome = server.send(mail_of(home, period, letter, at=clock()))
        _record(home, period, letter, state=outcome.state, at=clock())
        yield letter, outcome


def mail_of(home: Home, period: Period, letter: Letter, *, at: datetime) -> EmailMessage:
    """Return a letter as a mail of plain text."""
    sender, to, language = home.settings.mail_from, letter.account.email, letter.language
    mail = EmailMessage(policy=SMTP.clone(utf8=not to.isascii()))
    mail["From"] = Address(say("entrance", "page.product", language), addr_spec=sender)
    mail["To"] = to
    mail["Subject"] = say("survey", f"letter.{letter.kind}", language)
    mail["Date"] = format_datetime(at)
    identifier = f"{letter.kind}.{period.first:%Y%m%d}.{letter.account.id}"
    mail["Message-ID"] = f"<survey.{identifier}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = language
    until = (
        say("survey", "letter.open_end", language)
        if period.last is None
        else say("survey", "letter.until", language, day=day_and_year(period.last, language=language))
    )
    fields = {
        "period": say("survey", f"period.{period.name}", language),
        "until": until,
        "address": home.settings.pages_url,
    }
    mail.set_content(say("survey", "letter.text", language, **fields) + "\n")
    return mail


def _subject(period: Period, account_id: str) -> str:
    return f"{period.first.isoformat()} {account_id}"


def _sent(home: Home, period: Period, *, kind: Kind) -> dict[str, datetime]:
    """Return the accounts with a letter of a kind in a period, and when it was last entered."""
    entries, _ = audit.page(home.store(), audit.Filter(action=f"survey.{kind}"), offset=0, limit=ENTRIES_READ)
    states: dict[str, tuple[datetime, str]] = {}
    for each in reversed(entries):
        day, _, account = each.subject.partition(" ")
        if day == period.first.isoformat():
            states[account] = each.at, str(each.details.get("state"))
    return {account: at for account, (at, state) in states.items() if state not in TRY_AGAIN}


def _record(home: Home, period: Period, letter: Letter, *, state: str, at: datetime) -> None:
    with home.store().begin() as connection:
        audit.record(
            connection,
            actor=ACTOR,
            action=f"survey.{letter.kind}",
            subject=_subject(period, letter.account.id),
            details={"state": state},
            at=at,
        )
