"""Mail is sent to a real SMTP server: STARTTLS, TLS, AUTH, refusals, and a connection that breaks."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from operations.digest.mail_server import SmtpServer
from operations.system import free_port
from pilot.errors import InvalidSettings
from pilot.settings import read_settings
from storage.store.outgoing.digests import Outcome
from tests.certificates import self_signed

PLAIN = "127.0.0.1"
REMOTE = "127.0.0.2"  # Not an address on which the pilot does without TLS.
SENT = Outcome("sent", "", 250)


class Mailbox:
    """Remembers what it accepted, and answers as a test wants."""

    def __init__(self, *, rcpt: str = "", data: str = "", breaks: bool = False) -> None:
        self.accepted: list[tuple[str, list[str], bytes]] = []
        self.users: list[str] = []
        self.rcpt, self.data, self.breaks = rcpt, data, breaks

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, _: Any) -> str:
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data:
            return self.data
        assert isinstance(envelope.content, bytes)
        self.accepted.append((envelope.mail_from or "", envelope.rcpt_tos, envelope.content))
        if self.breaks:
            server.transport.abort()
        return "250 OK"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.users.append(data.login.decode())
        return AuthResult(success=data.password == b"h@mligt:/", handled=False)


@contextmanager
def serving(box: Mailbox, host: str = PLAIN, **options: Any) -> Iterator[int]:
    controller = Controller(box, hostname=host, port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with the key and the certificate of REMOTE, signed by itself."""
    return self_signed(tmp_path_factory.mktemp("certificate") / "mail.pem", addresses=(REMOTE,))


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the pilot trust the certificate, as an installed authority would."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate


def a_mail(to: str = "anna@example.se") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Kafépiloten <pilot@pilot.example>", to, "Måndag på Café Aurora"
    mail.set_content("Kön är lång.\n.\nEn punkt ensam på raden.\n")
    return mail


def test_a_mail_arrives_whole_on_this_machine() -> None:
    box = Mailbox()
    with serving(box) as port:
        assert SmtpServer.of(f"smtp://{PLAIN}:{port}").send(a_mail()) == SENT
    sender, to, content = box.accepted[0]
    assert (sender, to) == ("pilot@pilot.example", ["anna@example.se"])
    assert b"\r\n.\r\n" in content


def test_starttls_and_auth_come_before_the_mail(trusted: Path) -> None:
    box = Mailbox()
    options = {"tls_context": tls(trusted), "require_starttls": True, "authenticator": box.authenticate}
    with serving(box, REMOTE, auth_required=True, **options) as port:
        assert SmtpServer.of(f"smtp://anna%40pilot:h%40mligt%3A%2F@{REMOTE}:{port}").send(a_mail()) == SENT
    assert box.users == ["anna@pilot"]
    assert len(box.accepted) == 1


def test_tls_from_the_beginning(trusted: Path) -> None:
    box = Mailbox()
    with serving(box, REMOTE, ssl_context=tls(trusted)) as port:
        assert SmtpServer.of(f"smtps://{REMOTE}:{port}").send(a_mail()) == SENT
    assert len(box.accepted) == 1


def test_a_wrong_password_is_tried_again_when_it_is_corrected(trusted: Path) -> None:
    box = Mailbox()
    options = {"tls_context": tls(trusted), "authenticator": box.authenticate}
    with serving(box, REMOTE, **options) as port:
        outcome = SmtpServer.of(f"smtp://anna:wrong@{REMOTE}:{port}").send(a_mail())
        odd = SmtpServer.of(f"smtp://anna:{'%C3%A5'}@{REMOTE}:{port}").send(a_mail())
    assert (outcome.state, outcome.reason, outcome.code) == ("waiting", "sign_in", 535)
    assert (odd.state, odd.reason) == ("waiting", "sign_in")
    assert box.accepted == []


@pytest.mark.parametrize("kind", ["no STARTTLS", "untrusted"])
def test_nothing_is_sent_without_trusted_tls(kind: str, certificate: Path) -> None:
    box = Mailbox()
    options = {"tls_context": tls(certificate)} if kind == "untrusted" else {}
    with serving(box, REMOTE, **options) as port:
        outcome = SmtpServer.of(f"smtp://anna:secret@{REMOTE}:{port}").send(a_mail())
    assert (outcome.state, outcome.reason) == ("waiting", "insecure")
    assert (box.users, box.accepted) == ([], [])


@pytest.mark.parametrize(
    ("rcpt", "data", "expected"),
    [
        ("450 greylisted", "", Outcome("waiting", "for_now", 450)),
        ("452 the mailbox is full", "", Outcome("waiting", "for_now", 452)),
        ("550 no such user", "", Outcome("refused", "mailbox", 550)),
        ("", "451 try later", Outcome("waiting", "for_now", 451)),
        ("", "554 refused as spam", Outcome("refused", "mailbox", 554)),
    ],
)
def test_a_refusal_is_temporary_or_for_good(rcpt: str, data: str, expected: Outcome) -> None:
    box = Mailbox(rcpt=rcpt, data=data)
    with serving(box) as port:
        assert SmtpServer.of(f"smtp://{PLAIN}:{port}").send(a_mail()) == expected
    assert box.accepted == []


def test_a_connection_that_breaks_after_the_letter_is_unknown() -> None:
    box = Mailbox(breaks=True)
    with serving(box) as port:
        outcome = SmtpServer.of(f"smtp://{PLAIN}:{port}").send(a_mail())
    assert (outcome.state, outcome.reason) == ("unknown", "broken_off")
    assert len(box.accepted) == 1


def test_an_unreachable_server_is_tried_again() -> None:
    outcome = SmtpServer.of(f"smtp://{PLAIN}:{free_port()}").send(a_mail())
    assert (outcome.state, outcome.reason) == ("waiting", "unreachable")


@pytest.mark.parametrize(("utf8", "expected"), [(True, SENT), (False, Outcome("refused", "mailbox"))])
def test_an_address_with_swedish_letters_needs_a_server_for_it(utf8: bool, expected: Outcome) -> None:
    box = Mailbox()
    mail = a_mail()
    del mail["To"]
    mail.policy = mail.policy.clone(utf8=True)
    mail["To"] = "åsa@example.se"
    with serving(box, enable_SMTPUTF8=utf8) as port:
        assert SmtpServer.of(f"smtp://{PLAIN}:{port}").send(mail) == expected
    assert [to for _, to, _ in box.accepted] == ([["åsa@example.se"]] if utf8 else [])


@pytest.mark.parametrize(
    "url",
    ["http://mail.se", "smtp://", "smtp://mail.se:hemligt", "smtp://u:hemligt@mail.se/x", "mail.se:25", "smtp://[::1",
     "smtp://u:hem@ligt@mail.se", "smtp://mail.se?hemligt", "smtp:// mail.se", "smtp://mail.se:65536"],
)  # fmt: skip
def test_a_wrong_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        read_settings({"PILOT_SMTP_URL": url})
    assert "hemligt" not in str(caught.value)
    assert "PILOT_SMTP_URL" in str(caught.value)
    assert "smtps://" in str(caught.value)


@pytest.mark.parametrize(
    "url", ["smtp://mail.se", "smtps://a%40b:c%2F@mail.se:465/", "smtp://[::1]:25", "smtp://10.0.0.1"]
)
def test_a_right_address_is_accepted(url: str) -> None:
    assert SmtpServer.of(read_settings({"PILOT_SMTP_URL": url}).smtp_url.get_secret_value()).host in url


def test_the_default_ports_are_those_of_submission() -> None:
    assert (SmtpServer.of("smtp://mail.se").port, SmtpServer.of("smtps://mail.se").port) == (587, 465)
