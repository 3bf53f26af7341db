"""Sends the Monday digest: plans the week's letters once, sends those that are due, and tries again.

The watch calls it every minute; the time is an argument, so a late or restarted watch sends what is still of use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage

import structlog

from operations.digest.letter import write_letter
from operations.digest.mail import mail_of
from operations.digest.mail_server import MailServer, SmtpServer
from operations.digest.subscription_link import SubscriptionLink
from operations.digest.week_facts import WeekFacts, week_facts
from pilot.business_days import at_local, business_day
from pilot.errors import PilotError
from pilot.settings import Settings
from pipelines.cases.feedback_claims import monday_of
from storage.errors import StoreAway
from storage.home import Home
from storage.store.access import accounts
from storage.store.access.accounts import Account
from storage.store.access.preferences import Preferences, every_preference
from storage.store.outgoing import digests
from storage.store.outgoing.digests import Digest, Outcome

SENT_AT = time(6, 0)  # Stockholm's: before the first peak of the café that opens first.
OF_USE_FOR = timedelta(days=2)  # A letter that could not be sent by then is no longer of use.
RETRY_MINUTES = (2, 5, 15, 30, 60)  # After the last of them: each time as long.
LOCAL_DOMAIN = "localhost"

_log = structlog.get_logger("operations.digest")


@dataclass(frozen=True, slots=True)
class Recipient:
    """A manager of a café, and the choices of the account."""

    cafe: str
    account: Account
    preferences: Preferences


def due_at(week: date) -> datetime:
    """Return when the digest of a week is due, UTC."""
    return at_local(week, SENT_AT)


def is_configured(settings: Settings) -> bool:
    """Return whether mail can be sent."""
    return bool(settings.smtp_url.get_secret_value() and settings.mail_from)


def recipients(home: Home) -> list[Recipient]:
    """Return each café's managers who want the digest and have an address that mail reaches."""
    store, known = home.store(), home.cafes().ids
    chosen = every_preference(store)
    return [
        Recipient(cafe, account, preferences)
        for account in accounts.every(store)
        for preferences in (chosen.get(account.id, Preferences()),)
        if account.role == "manager" and account.revoked_at is None and preferences.digest
        if account.email.rpartition("@")[2] != LOCAL_DOMAIN
        for cafe in sorted(account.cafes or ())
        if cafe in known
    ]


class DigestSender:
    """Plans and sends; one call is one round."""

    def __init__(self, home: Home, *, clock: Callable[[], datetime], server: MailServer | None = None) -> None:
        """Initialise the sender.

        Args:
            home: The home.
            clock: Returns the current time, aware.
            server: The mail server; None for that of the settings.
        """
        self._home = home
        self._clock = clock
        self._server = server
        self._link = SubscriptionLink(home.secret(), entrance_url=home.settings.entrance_url)

    def __call__(self) -> None:
        """Run one round; a fault is logged, and the next round tries again."""
        try:
            for digest, outcome in self.send_due():
                _log.info("digest", id=digest.id, week=str(digest.week), cafe=digest.cafe, state=outcome.state)
        except (PilotError, OSError) as error:
            _log.error("digests cannot be sent", reason=type(error).__name__)

    def send_due(self) -> Iterator[tuple[Digest, Outcome]]:
        """Plan the week's letters, send each that is due, and yield what became of it.

        Raises:
            PilotError: the store or the settings cannot be used.
        """
        now, store = self._clock(), self._home.store()
        digests.lapse_claims(store, now=now)
        self._plan(now)
        configured = is_configured(self._home.settings)
        server = self._server or (
            SmtpServer.of(self._home.settings.smtp_url.get_secret_value()) if configured else None
        )
        if server is None:
            return
        facts = _Facts(self._home)
        for digest in digests.due_digests(store, now=now, states=("waiting", "not_configured")):
            recipient = self._still_wanted(digest)
            # A person may have decided to send it later than that.
            too_late = digest.next_at < due_at(digest.week) + OF_USE_FOR <= now
            if recipient is None or too_late:
                state: digests.State = "cancelled" if recipient is None else "expired"
                digests.end_without_sending(store, digest, state=state, now=now)
                yield digest, Outcome(state)
            elif (outcome := self._send(digest, recipient, server, facts)) is not None:
                yield digest, outcome

    def _plan(self, now: datetime) -> None:
        """Add the rows of the current week once it is due; an account that is newer waits for the next."""
        week = monday_of(business_day(now))
        due = due_at(week)
        if not due <= now < due + OF_USE_FOR:
            return
        wanted = {(each.cafe, each.account.id) for each in recipients(self._home) if each.account.created_at <= due}
        configured = self._server is not None or is_configured(self._home.settings)
        state: digests.State = "waiting" if configured else "not_configured"
        added = digests.plan(self._home.store(), week=week, recipients=wanted, due=due, state=state)
        if added:
            _log.info("digests planned", week=str(week), digests=added, state=state)

    def _still_wanted(self, digest: Digest) -> Recipient | None:
        """Return the recipient of a row as the store has it now: choices and accounts change meanwhile."""
        return next(
            (
                each
                for each in recipients(self._home)
                if (each.cafe, each.account.id) == (digest.cafe, digest.account_id)
            ),
            None,
        )

    def _send(self, digest: Digest, to: Recipient, server: MailServer, facts: _Facts) -> Outcome | None:
        """Write the letter, claim the row, send, and record; None if another process has the row."""
        store, found = self._home.store(), facts.of(digest)
        mail = None if found is None else self._mail(digest, to, found)
        if not digests.claim(store, digest, now=self._clock()):
            return None
        outcome = Outcome("waiting", "no_figures") if mail is None else server.send(mail)
        if outcome.state == "waiting":
            next_at = self._clock() + _wait(digest.attempts)
            is_last = next_at >= due_at(digest.week) + OF_USE_FOR
            outcome = replace(outcome, state="expired" if is_last else "waiting", next_at=next_at)
        digests.record(store, digest, outcome, now=self._clock())
        return outcome

    def _mail(self, digest: Digest, to: Recipient, facts: WeekFacts) -> EmailMessage:
        settings = self._home.settings
        letter = write_letter(
            facts,
            cafe=self._home.cafes().get(digest.cafe),
            language=to.preferences.language,
            pages_url=settings.pages_url,
        )
        return mail_of(
            letter,
            identifier=digest.id,
            sender=settings.mail_from,
            to=to.account.email,
            unsubscribe=self._link.of(to.account.id),
            account=f"{settings.entrance_url}/account",
            at=self._clock(),
        )


class _Facts:
    """The facts of each café's week, read once a round."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._found: dict[tuple[str, date], WeekFacts | None] = {}

    def of(self, digest: Digest) -> WeekFacts | None:
        """Return the facts; None while the lake cannot be read."""
        key = (digest.cafe, digest.week)
        if key not in self._found:
            try:
                self._found[key] = week_facts(self._home, cafe=digest.cafe, week=digest.week)
            except StoreAway:
                raise
            except (PilotError, OSError) as error:
                _log.error("a digest has no figures", cafe=digest.cafe, reason=type(error).__name__)
                self._found[key] = None
        return self._found[key]


def _wait(attempts_before: int) -> timedelta:
    return timedelta(minutes=RETRY_MINUTES[min(attempts_before, len(RETRY_MINUTES) - 1)])
