"""Signs webhooks by the Standard Webhooks specification (v1: HMAC-SHA256 over id, time and body).

A secret is derived from the installation's key, the rule and the secret's number. So the store and its backups hold no
secret, and a new PILOT_SECRET_KEY changes all of them.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"


def secret_of(key: bytes, *, rule_id: str, generation: int) -> str:
    """Return a rule's secret as its receiver needs it: whsec_ and 32 bytes in base64.

    Args:
        key: The installation's key.
        rule_id: The rule.
        generation: The number of the secret.
    """
    purpose = hashlib.blake2b(b"webhook", key=key[:64]).digest()
    secret = hmac.new(purpose, f"{rule_id} {generation}".encode(), hashlib.sha256).digest()
    return PREFIX + base64.b64encode(secret).decode()


def signed_headers(secrets: Sequence[str], *, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers of a webhook, signed with each secret.

    Args:
        secrets: The secrets that sign, the newest first.
        message_id: The webhook-id, the same for every attempt.
        at: The time of this attempt.
        body: The body.
    """
    timestamp = str(int(at.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = [
        base64.b64encode(
            hmac.new(base64.b64decode(each.removeprefix(PREFIX)), signed, hashlib.sha256).digest()
        ).decode()
        for each in secrets
    ]
    return {
        "Content-Type": "application/json",
        "User-Agent": "cafe-feedback-webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }
