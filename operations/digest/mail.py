"""Renders a letter as a mail: plain text and HTML, without foreign assets, tracking or scripts."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from operations.digest.letter import Letter
from pilot.words import say

_folder = FileSystemLoader(Path(__file__).parent / "templates")
_options = {"loader": _folder, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
_html = Environment(autoescape=True, **_options)  # type: ignore[arg-type]
_text = Environment(autoescape=False, **_options)  # type: ignore[arg-type]  # noqa: S701 - plain text
ONE_CLICK = "List-Unsubscribe=One-Click"


def html_of(letter: Letter, *, unsubscribe: str, account: str) -> str:
    """Return the letter as HTML."""
    return _html.get_template("digest.html").render(**_values(letter, unsubscribe, account))


def text_of(letter: Letter, *, unsubscribe: str, account: str) -> str:
    """Return the letter as plain text."""
    return _text.get_template("digest.txt").render(**_values(letter, unsubscribe, account))


def mail_of(
    letter: Letter, *, identifier: str, sender: str, to: str, unsubscribe: str, account: str, at: datetime
) -> EmailMessage:
    """Return the mail to one manager.

    Args:
        letter: The letter.
        identifier: The digest's identifier: two copies of one letter have one Message-ID.
        sender: The sender's address.
        to: The manager's address.
        unsubscribe: The signed link that stops the digest.
        account: The page of the own account.
        at: When it is sent.
    """
    mail = EmailMessage(policy=SMTP.clone(utf8=not to.isascii()))
    mail["From"] = Address(say("entrance", "page.product", letter.language), addr_spec=sender)
    mail["To"] = to
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<digest.{identifier}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = letter.language
    mail["List-Unsubscribe"] = f"<{unsubscribe}>"
    if unsubscribe.startswith("https:"):  # RFC 8058 allows one click over HTTPS only.
        mail["List-Unsubscribe-Post"] = ONE_CLICK
    mail.set_content(text_of(letter, unsubscribe=unsubscribe, account=account))
    mail.add_alternative(html_of(letter, unsubscribe=unsubscribe, account=account), subtype="html")
    return mail


def _values(letter: Letter, unsubscribe: str, account: str) -> dict[str, object]:
    return {
        "letter": letter,
        "say": partial(_say, language=letter.language),
        "product": say("entrance", "page.product", letter.language),
        "unsubscribe": unsubscribe,
        "account": account,
    }


def _say(key: str, *, language: str, **fields: object) -> str:
    return say("digest", key, "en" if language == "en" else "sv", **fields)
