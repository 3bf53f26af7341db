"""Test messages to the cafés' emergency numbers, and their answers: each is in the audit log.

A test names a code. An answer with the code proves that the number reaches somebody; a changed number needs a new test.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from pilot.business_days import local_time
from pilot.contacts import CafeContact, Contacts, dialled, phone_fault
from pilot.errors import PilotError
from pilot.words import say
from storage.home import Home
from storage.store import audit

TESTED, ANSWERED = "contact.test", "contact.answered"
CODE_DIGITS = 4
VALID_FOR = timedelta(days=14)
MARK_BYTES = 12
WORDS = "contacts"


class ContactRefused(PilotError):
    """A test or an answer cannot be recorded."""


@dataclass(frozen=True, slots=True)
class NumberTest:
    """A test message.

    Attributes:
        cafe: The café's id.
        phone: The number to send it to.
        text: The text, in Swedish.
    """

    cafe: str
    phone: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The latest answer from a café's present number.

    Attributes:
        cafe: The café's id.
        by: Who answered; empty without an answer.
        at: When it was recorded, UTC; None without an answer.
        tested_at: When the latest test was made, UTC; None without one.
    """

    cafe: str
    by: str = ""
    at: datetime | None = None
    tested_at: datetime | None = None


def make_tests(home: Home, contacts: Contacts, *, now: datetime, actor: str) -> list[NumberTest]:
    """Return a new test message for each café, recorded in the audit log.

    Args:
        home: The home.
        contacts: The people to call.
        now: The current time, UTC.
        actor: Who tests.

    Raises:
        ContactRefused: a number cannot be dialled.
    """
    for each in contacts.cafe:
        if fault := phone_fault(each.phone):
            raise ContactRefused(f"The number of {each.cafe} {fault}.", remedy="Correct it in contacts.toml.")
    made = []
    for each in contacts.cafe:
        code = "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS))
        _record(home, TESTED, each, code=code, now=now, actor=actor)
        made.append(NumberTest(each.cafe, each.phone, say(WORDS, "test_message", "sv", code=code)))
    return made


def tick(home: Home, contacts: Contacts, *, cafe: str, by: str, code: str, now: datetime, actor: str) -> None:
    """Record that a café answered its test.

    Args:
        home: The home.
        contacts: The people to call.
        cafe: The café's id.
        by: Who answered.
        code: The code that was answered.
        now: The current time, UTC.
        actor: Who records it.

    Raises:
        ContactRefused: the café has no number, no test was made of it lately, or the code is another one.
    """
    contact = next((each for each in contacts.cafe if each.cafe == cafe), None)
    if contact is None:
        known = ", ".join(each.cafe for each in contacts.cafe)
        raise ContactRefused(f"contacts.toml has no café {cafe[:40]!r}.", remedy=f"The cafés are: {known}.")
    if not by.strip():
        raise ContactRefused("Nobody is named.", remedy="--by NAME: who answered.")
    test = _latest(home, TESTED, cafe)
    if test is None or now - test.at > VALID_FOR:
        raise ContactRefused(
            f"No test was sent to {cafe} in the last {VALID_FOR.days} days.",
            remedy="`pilot contacts check --send-test`, then record its answer.",
        )
    if not hmac.compare_digest(str(test.details.get("mark", "")), _mark(home, contact, code.strip())):
        raise ContactRefused(
            "The code is not that of the latest test of this number.",
            remedy="Compare it with the answer; or test again: `pilot contacts check --send-test`.",
        )
    _record(home, ANSWERED, contact, now=now, actor=actor, reason=by.strip())


def answers(home: Home, contacts: Contacts) -> list[Answer]:
    """Return the latest answer of each café's present number."""
    found = []
    for each in contacts.cafe:
        test, answer = _latest(home, TESTED, each.cafe), _latest(home, ANSWERED, each.cafe)
        tested_at = None if test is None else test.at
        if answer is None or answer.details.get("mark") != _mark(home, each, ""):
            found.append(Answer(each.cafe, tested_at=tested_at))
        else:
            found.append(Answer(each.cafe, answer.reason, answer.at, tested_at))
    return found


def in_words(answer: Answer) -> str:
    """Return an answer as a line for a person."""
    if answer.at is not None:
        return f"answered {local_time(answer.at):%Y-%m-%d %H:%M}, {answer.by}"
    if answer.tested_at is not None:
        return f"tested {local_time(answer.tested_at):%Y-%m-%d %H:%M}, NOT ANSWERED by the present number"
    return "NEVER TESTED"


def _latest(home: Home, action: str, cafe: str) -> audit.Entry | None:
    entries, _ = audit.page(home.store(), audit.Filter(action=action, subject=cafe), offset=0, limit=1)
    return entries[0] if entries else None


def _mark(home: Home, contact: CafeContact, code: str) -> str:
    """Return the mark of a number and a code, so that the log contains neither."""
    said = f"contact {contact.cafe} {dialled(contact.phone)} {code}".encode()
    return hmac.new(home.secret(), said, hashlib.sha256).hexdigest()[: 2 * MARK_BYTES]


def _record(
    home: Home, action: str, contact: CafeContact, *, code: str = "", now: datetime, actor: str, reason: str = ""
) -> None:
    with home.store().begin() as connection:
        audit.record(
            connection, actor=actor, action=action, subject=contact.cafe, reason=reason, at=now,
            details={"mark": _mark(home, contact, code)},
        )  # fmt: skip
