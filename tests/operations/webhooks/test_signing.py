"""Signatures are those of Standard Webhooks, as its official client checks them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from operations.webhooks.signing import secret_of, signed_headers

KEY = b"k" * 32
BODY = '{"type":"feedback.matched","text":"Kön är lång å ä ö"}'.encode()


def headers(*generations: int, body: bytes = BODY, at: datetime | None = None) -> dict[str, str]:
    secrets = [secret_of(KEY, rule_id="r", generation=each) for each in generations]
    return signed_headers(secrets, message_id="msg_1", at=at or datetime.now(UTC), body=body)


def test_the_official_client_accepts_the_signature() -> None:
    secret = secret_of(KEY, rule_id="r", generation=1)
    assert Webhook(secret).verify(BODY, headers(1))["type"] == "feedback.matched"


def test_both_secrets_verify_while_they_rotate() -> None:
    sent = headers(2, 1)
    for generation in (1, 2):
        Webhook(secret_of(KEY, rule_id="r", generation=generation)).verify(BODY, sent)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_of(KEY, rule_id="r", generation=1)).verify(BODY, headers(2))


@pytest.mark.parametrize("change", ["body", "id", "time", "old", "other rule", "other key"])
def test_the_official_client_refuses_what_was_changed(change: str) -> None:
    sent, body, secret = headers(1), BODY, secret_of(KEY, rule_id="r", generation=1)
    if change == "body":
        body = BODY.replace(b"l", b"m")
    elif change == "id":
        sent["webhook-id"] = "msg_2"
    elif change == "time":
        sent["webhook-timestamp"] = str(int(sent["webhook-timestamp"]) + 1)
    elif change == "old":
        sent = headers(1, at=datetime.now(UTC) - timedelta(minutes=6))
    else:
        secret = secret_of(
            KEY if change == "other rule" else b"x" * 32, rule_id="s" if "rule" in change else "r", generation=1
        )
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, sent)


def test_the_signature_is_that_of_the_specifications_example() -> None:
    """Compared with the reference library of the specification, by its own signing."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    at = datetime.fromtimestamp(1614265330, tz=UTC)
    body = b'{"test": 2432232314}'
    sent = signed_headers([secret], message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", at=at, body=body)
    assert sent["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
