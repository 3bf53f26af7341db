"""Rotates tokens in the file of settings: both are valid until the old one is retired."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pilot.errors import PilotError
from pilot.settings import BOTH, PREFIX
from storage.folders import PRIVATE_FILE, write_atomically
from storage.home import Home
from storage.store import audit

TOKEN_BYTES = 32
FINGERPRINT_LENGTH = 8
ROTATED, RETIRED = "key.rotate", "key.retire"

TokenName = Literal["probe-token", "counts-token"]
SETTINGS: dict[TokenName, str] = {"probe-token": "probe_token", "counts-token": "counts_tokens"}


class KeyRefused(PilotError):
    """A token cannot be rotated or retired."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """The result of a rotation or a retirement.

    Attributes:
        name: The token; a café's with the café's id.
        token: The new token; empty for a retirement.
        valid: How many tokens are valid now.
    """

    name: str
    token: str
    valid: int


def rotate(
    home: Home, file: Path, name: TokenName, *, cafe: str = "", actor: str, reason: str, now: datetime
) -> Rotation:
    """Put a new token before the present one in the file; both are valid from the edge's next start.

    Args:
        home: The home, for its audit log.
        file: The file of settings.
        name: The token.
        cafe: The café of a counts-token.
        actor: Who rotates.
        reason: Why.
        now: The current time, UTC.

    Raises:
        KeyRefused: the token is not in the file, or two are valid already.
    """
    token = secrets.token_hex(TOKEN_BYTES)

    def change(parts: list[str]) -> list[str]:
        if len(parts) > 1:
            raise KeyRefused(
                f"Two {name}s are valid already.", remedy=f"Retire the old one first: `pilot keys retire {name}`."
            )
        return [token, *parts]

    valid = _change(file, name, cafe=cafe, change=change)
    _record(home, ROTATED, _subject(name, cafe), token, actor=actor, reason=reason, now=now)
    return Rotation(_subject(name, cafe), token, valid)


def retire(
    home: Home, file: Path, name: TokenName, *, cafe: str = "", actor: str, reason: str, now: datetime
) -> Rotation:
    """Take the old token out of the file of settings; it is refused from the edge's next start.

    Raises:
        KeyRefused: the token is not in the file, or only one is valid.
    """
    gone: list[str] = []

    def change(parts: list[str]) -> list[str]:
        if len(parts) < len((BOTH, name)):
            raise KeyRefused(f"Only one {name} is valid.", remedy=f"Make another one: `pilot keys rotate {name}`.")
        gone.extend(parts[1:])
        return parts[:1]

    valid = _change(file, name, cafe=cafe, change=change)
    _record(home, RETIRED, _subject(name, cafe), gone[0], actor=actor, reason=reason, now=now)
    return Rotation(_subject(name, cafe), "", valid)


def fingerprint(token: str) -> str:
    """Return what the audit log and a list show of a token."""
    return hashlib.sha256(token.encode()).hexdigest()[:FINGERPRINT_LENGTH]


def _subject(name: TokenName, cafe: str) -> str:
    return f"{name} {cafe}".strip()


def _change(file: Path, name: TokenName, *, cafe: str, change: Callable[[list[str]], list[str]]) -> int:
    """Replace the tokens of one line of the file; return how many are valid then."""
    variable = f"{PREFIX}{SETTINGS[name].upper()}"
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    line = re.search(rf"^{variable}=(.*)$", text, flags=re.MULTILINE)
    if line is None or not line[1].strip():
        raise KeyRefused(
            f"{variable} is not set in {file}.",
            remedy="Rotate where it is set; or set it first: `openssl rand -hex 32` makes one.",
        )
    if name == "counts-token":
        pairs = dict(each.strip().split("=", 1) for each in line[1].split(",") if "=" in each)
        if cafe not in pairs:
            raise KeyRefused(f"{cafe or 'No café'} has no counts-token.", remedy=f"Give one of: {', '.join(pairs)}.")
        parts = change(pairs[cafe].split(BOTH))
        pairs[cafe] = BOTH.join(parts)
        value = ",".join(f"{each}={tokens}" for each, tokens in pairs.items())
    else:
        parts = change(line[1].strip().split(BOTH))
        value = BOTH.join(parts)
    write_atomically(file, text[: line.start(1)] + value + text[line.end(1) :], durable=True)
    file.chmod(PRIVATE_FILE)
    return len(parts)


def _record(home: Home, action: str, subject: str, token: str, *, actor: str, reason: str, now: datetime) -> None:
    with home.store().begin() as connection:
        audit.record(
            connection, actor=actor, action=action, subject=subject, reason=reason, at=now,
            details={"fingerprint": fingerprint(token)},
        )  # fmt: skip
