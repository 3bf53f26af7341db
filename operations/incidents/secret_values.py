"""The pilot's secrets: which values must be in no archive, and the settings without them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from pilot.settings import Settings
from storage.home import Home

SET = "(set)"
REMOVED = b"(removed)"
SHORTEST = 6  # Shorter values would remove harmless bytes everywhere.
# Secrets by their shape, whoever's they are: Stripe's, bearer tokens, JSON web tokens, private keys.
SHAPES = re.compile(
    rb"\b(?:sk|rk|pk)_(?:live|test)_\w+|\bwhsec_\w+|\bBearer\s+[\w.~+/=-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]+"
    rb"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----"
)


def redacted_settings(settings: Settings) -> dict[str, object]:
    """Return the settings; a secret is only said to be set, and an address has no user, password or query."""
    return {name: _redacted(getattr(settings, name)) for name in Settings.model_fields}


def secret_values(home: Home) -> tuple[bytes, ...]:
    """Return every secret that this home knows, longest first."""
    found: set[str] = set()
    for name in Settings.model_fields:
        value = getattr(home.settings, name)
        if isinstance(value, SecretStr):
            whole = value.get_secret_value()
            found |= {whole, *(part.partition("=")[2] or part for part in whole.split(","))}
        elif isinstance(value, str) and "@" in value:
            parts = urlsplit(value)
            found |= {parts.password or "", parts.username or ""}
    if home.settings.redis_url.get_secret_value():
        found.add(urlsplit(home.settings.redis_url.get_secret_value()).password or "")
    own = home.secret()
    raw = {text.strip().encode() for text in found} | {own, own.strip(), own.hex().encode()}
    return tuple(sorted((each for each in raw if len(each) >= SHORTEST), key=len, reverse=True))


def without_secrets(content: bytes, secrets: tuple[bytes, ...]) -> tuple[bytes, int]:
    """Return the content with every secret removed, and how many there were."""
    count = 0
    for secret in secrets:
        count += content.count(secret)
        content = content.replace(secret, REMOVED)
    content, shaped = SHAPES.subn(REMOVED, content)
    return content, count + shaped


def _redacted(value: object) -> object:
    if isinstance(value, SecretStr):
        return SET if value.get_secret_value() else ""
    if isinstance(value, str) and "://" in value:
        parts = urlsplit(value)
        host = parts.hostname or ""
        return urlunsplit((parts.scheme, f"{host}:{parts.port}" if parts.port else host, parts.path, "", ""))
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)
