"""Sends one mail by SMTP, and reports the outcome: sent, refused, to be tried again, or unknown.

Unknown is neither: the connection broke after the letter had begun to leave, so the server may have it.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

from storage.store.outgoing.digests import Outcome

CONNECT_SECONDS = 30
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORTS = {"smtp": 587, "smtps": 465}
OK_CODES = range(200, 300)
FOR_GOOD = range(500, 600)


class MailServer(Protocol):
    """Sends a mail."""

    def send(self, mail: EmailMessage) -> Outcome:
        """Send a mail to its one recipient; return the outcome, also of a fault."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A server by its address; encrypted, except on this machine.

    Attributes:
        host: The host.
        port: The port.
        is_encrypted: Whether TLS begins with the connection; else STARTTLS is required.
        user: The user; empty without authentication.
        password: The password.
    """

    host: str
    port: int
    is_encrypted: bool
    user: str = ""
    password: str = ""

    @classmethod
    def of(cls, url: str) -> SmtpServer:
        """Return the server of PILOT_SMTP_URL, whose form the settings check."""
        parts = urlsplit(url)
        return cls(
            parts.hostname or "",
            parts.port or PORTS[parts.scheme],
            parts.scheme == "smtps",
            unquote(parts.username or ""),
            unquote(parts.password or ""),
        )

    def send(self, mail: EmailMessage) -> Outcome:
        """Send a mail to its one recipient and return the outcome."""
        try:
            with self._connected() as connection:
                return _deliver(connection, mail)
        except smtplib.SMTPAuthenticationError as error:
            return Outcome("waiting", "sign_in", error.smtp_code)
        except UnicodeError:  # smtplib encodes users and passwords as ASCII.
            return Outcome("waiting", "sign_in")
        except (ssl.SSLError, smtplib.SMTPNotSupportedError):
            return Outcome("waiting", "insecure")
        except smtplib.SMTPResponseException as error:
            return Outcome("waiting", "for_now", error.smtp_code)
        except (smtplib.SMTPException, OSError):
            return Outcome("waiting", "unreachable")

    @contextlib.contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """Open a session that may send; closing it never fails, because the outcome is known by then."""
        context = ssl.create_default_context()
        connection: smtplib.SMTP = (
            smtplib.SMTP_SSL(self.host, self.port, timeout=CONNECT_SECONDS, context=context)
            if self.is_encrypted
            else smtplib.SMTP(self.host, self.port, timeout=CONNECT_SECONDS)
        )
        try:
            connection.ehlo_or_helo_if_needed()
            if not self.is_encrypted and self.host not in LOOPBACK:
                connection.starttls(context=context)
            if self.user:
                connection.login(self.user, self.password)
            yield connection
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()


def _deliver(connection: smtplib.SMTP, mail: EmailMessage) -> Outcome:
    sender, to = mail["From"].addresses[0].addr_spec, mail["To"].addresses[0].addr_spec
    connection.ehlo_or_helo_if_needed()
    options = () if to.isascii() else ("SMTPUTF8",)
    if options and not connection.has_extn("smtputf8"):
        return Outcome("refused", "mailbox")
    code, _ = connection.mail(sender, options)
    if code in OK_CODES:
        code, _ = connection.rcpt(to)
    if code not in OK_CODES:
        return _refusal(code)
    try:
        code, _ = connection.data(mail.as_bytes(policy=mail.policy.clone(linesep="\r\n")))
    except smtplib.SMTPDataError as error:
        return _refusal(error.smtp_code)
    except (smtplib.SMTPException, OSError):
        return Outcome("unknown", "broken_off")
    return Outcome("sent", "", code) if code in OK_CODES else _refusal(code)


def _refusal(code: int) -> Outcome:
    return Outcome("refused", "mailbox", code) if code in FOR_GOOD else Outcome("waiting", "for_now", code)
