"""The channels: Slack, 46elks and PagerDuty through apprise, e-mail through the pilot's mail server.

Each sends one message and returns its outcome. A key is in a setting's address only; no error and no log repeats it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from apprise import NotifyBase, NotifyFormat, NotifyType
from apprise.plugins import fortysixelks, pagerduty, slack
from apprise.plugins.fortysixelks import Notify46Elks
from apprise.plugins.pagerduty import NotifyPagerDuty
from apprise.plugins.slack import NotifySlack

from operations.alerting.messages import Message
from operations.alerting.observed_requests import Observed, observe_plugin, observing
from operations.alerting.people import People, configured
from operations.digest.mail_server import MailServer, SmtpServer
from pilot.settings import Settings
from storage.store.alerts.deliveries import Channel, Outcome, Reason

CONNECT_SECONDS, READ_SECONDS = 5.0, 15.0
LONGEST_RETRY_AFTER = timedelta(hours=1)
TOO_MANY, TIMED_OUT, SERVER_FAULTS = 429, 408, range(500, 600)
OK = range(200, 300)
SLACK_CHARACTERS = 3000
PAGER_REGION = "us"
MAIL_REASONS: Mapping[str, Reason] = {
    "mailbox": "refused", "for_now": "for_now", "unreachable": "unreachable", "insecure": "insecure",
    "sign_in": "sign_in", "broken_off": "broken_off",
}  # fmt: skip

for _module in (fortysixelks, pagerduty, slack):
    observe_plugin(_module)
# apprise names hosts and numbers in its warnings; the outbox says what became of each message.
logging.getLogger("apprise").setLevel(logging.CRITICAL)


class Sender(Protocol):
    """Sends one message to one recipient."""

    def __call__(self, message: Message, *, now: datetime) -> Outcome:
        """Send; return the outcome, also of a fault."""


def senders(settings: Settings, people: People, *, mail: MailServer | None = None) -> dict[Channel, Sender]:
    """Return the sender of each channel that has its settings.

    Args:
        settings: The settings.
        people: Numbers and addresses.
        mail: The mail server; None for the settings' one.
    """
    made: dict[Channel, Callable[[], Sender]] = {
        "slack": lambda: SlackSender(settings.alert_slack_url.get_secret_value()),
        "slack_incidents": lambda: SlackSender(settings.alert_slack_incidents_url.get_secret_value()),
        "sms": lambda: SmsSender(settings.alert_sms_url.get_secret_value(), people),
        "pagerduty": lambda: PagerDutySender(settings.alert_pagerduty_url.get_secret_value()),
        "email": lambda: MailSender(
            mail or SmtpServer.of(settings.smtp_url.get_secret_value()), settings.mail_from, people
        ),
    }
    return {channel: made[channel]() for channel in configured(settings)}


class SlackSender:
    """Posts to one incoming webhook."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        *_, self._a, self._b, self._c = parts.path.split("/")
        self._service = _subclass(NotifySlack, webhook_url=f"{parts.scheme}://{parts.netloc}/services")

    def __call__(self, message: Message, *, now: datetime) -> Outcome:
        """Send to the channel that the webhook belongs to."""
        plugin = self._service(
            token_a=self._a, token_b=self._b, token_c=self._c, include_image=False, include_footer=False
        )
        return _sent(plugin, message, body=message.body[:SLACK_CHARACTERS], title=message.title, now=now)


class SmsSender:
    """Sends texts through 46elks."""

    def __init__(self, url: str, people: People) -> None:
        parts = urlsplit(url)
        self._user, self._password = parts.username or "", parts.password or ""
        self._from = parse_qs(parts.query.replace("+", "%2B"))["from"][0]
        host = parts.netloc.rpartition("@")[2]
        self._service = _subclass(Notify46Elks, notify_url=f"{parts.scheme}://{host}{parts.path}")
        self._people = people

    def __call__(self, message: Message, *, now: datetime) -> Outcome:
        """Send to a person's or a café's number."""
        number = self._people.number(message.recipient)
        if not number:
            return Outcome("dead", "no_number")
        plugin = self._service(user=self._user, password=self._password, source=self._from, targets=[number])
        return _sent(plugin, message, body=message.short, title="", now=now)


class PagerDutySender:
    """Triggers and resolves incidents by the Events API v2; a repeated trigger has the same key."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        self._key = parts.username or ""
        self._address = f"{parts.scheme}://{host}{parts.path}"

    def __call__(self, message: Message, *, now: datetime) -> Outcome:
        """Trigger for a firing alert or a test, resolve for one that is acknowledged or over."""
        over = message.kind in ("acknowledged", "resolved", "test_over")
        plugin = NotifyPagerDuty(
            apikey=self._key,
            integrationkey=self._key,
            source="pilot",
            component="alerts",
            include_image=False,
            severity="critical" if message.is_high else "info",
            action="resolve" if over else "trigger",
            dedup=message.key,
            details={"text": message.body[:SLACK_CHARACTERS]},
            region_name=PAGER_REGION,
        )
        # apprise has the addresses of the two regions in a table of its module; the setting replaces one.
        pagerduty.PAGERDUTY_API_LOOKUP[pagerduty.PagerDutyRegion.US] = self._address
        return _sent(plugin, message, body=message.short, title="", now=now)


class MailSender:
    """Sends mail to the team or to a person."""

    def __init__(self, server: MailServer, sender: str, people: People) -> None:
        self._server = server
        self._from = sender
        self._people = people

    def __call__(self, message: Message, *, now: datetime) -> Outcome:
        """Send to the team's or a person's address."""
        to = self._people.address(message.recipient)
        if not to:
            return Outcome("dead", "no_number")
        mail = EmailMessage(policy=SMTP.clone(utf8=not to.isascii()))
        mail["From"] = Address("Pilot alerts", addr_spec=self._from)
        mail["To"] = to
        mail["Subject"] = message.title
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = f"<alert.{message.identifier}@{self._from.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.body)
        found = self._server.send(mail)
        state = {"sent": "delivered", "refused": "dead", "unknown": "unknown"}.get(found.state, "waiting")
        return Outcome(state, MAIL_REASONS.get(found.reason, ""), found.code)  # type: ignore[arg-type]


def _subclass(plugin: type[Any], **attributes: str) -> type[Any]:
    """Return a plugin with another address, as for a test's stand-in."""
    return type(plugin.__name__, (plugin,), attributes)


def _sent(plugin: NotifyBase, message: Message, *, body: str, title: str, now: datetime) -> Outcome:
    """Send by one plugin, and return the outcome by the answer that it got."""
    plugin.socket_connect_timeout, plugin.socket_read_timeout = CONNECT_SECONDS, READ_SECONDS
    notify = NotifyType.SUCCESS if message.kind in ("resolved", "test_over") else NotifyType.FAILURE
    with observing() as answers:
        delivered = plugin.notify(body=body, title=title, notify_type=notify, body_format=NotifyFormat.TEXT)
    return outcome_of(bool(delivered), answers[-1] if answers else None, now=now)


def outcome_of(delivered: bool, answer: Observed | None, *, now: datetime) -> Outcome:
    """Return the outcome of an attempt.

    Args:
        delivered: What apprise returned.
        answer: The last answer that its plugin got; None if nothing left.
        now: The current time.
    """
    if answer is None:
        return Outcome("dead", "refused")  # The plugin refused the message before anything left.
    if delivered:
        return Outcome("delivered", code=answer.status)
    if answer.failure == "unreachable":
        return Outcome("waiting", "unreachable")
    if answer.failure == "broken_off":
        return Outcome("unknown", "broken_off")
    if answer.status in (TOO_MANY, TIMED_OUT) or answer.status in SERVER_FAULTS:
        return Outcome("waiting", "for_now", answer.status, retry_after(answer.retry_after, now=now))
    # Also an answer of 200 that is not the service's own.
    return Outcome("dead", "refused", answer.status)


def retry_after(header: str, *, now: datetime) -> datetime | None:
    """Return the moment of a header Retry-After, at most an hour ahead; None without a usable one."""
    if not header:
        return None
    try:
        wait = timedelta(seconds=float(header))
    except (ValueError, OverflowError):
        try:
            until = parsedate_to_datetime(header)
        except (TypeError, ValueError):
            return None
        wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    return now + min(max(wait, timedelta(0)), LONGEST_RETRY_AFTER)
