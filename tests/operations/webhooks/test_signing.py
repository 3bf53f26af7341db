"""Signatures are those of Standard Webhooks, as its official client checks them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import httpx
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


def test_the_receiver_of_the_documentation_takes_a_signed_webhook_only() -> None:
    """Run the example of docs/webhooks.md as it is printed, but for the secret and the port."""
    text = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")
    code = text.split("```python\n")[1].split("```")[0].replace("whsec_...", secret_of(KEY, rule_id="r", generation=1))
    assert len([line for line in code.splitlines() if line]) <= 10
    example: dict[str, Any] = {}
    exec("\n".join(code.splitlines()[:-1]), example)
    example["Receiver"].log_message = lambda *_: None
    server = HTTPServer(("127.0.0.1", 0), example["Receiver"])
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/"
        signed, other = headers(1), headers(2)
        assert httpx.post(url, content=BODY, headers=signed).status_code == 204
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.post(url, content=BODY, headers=other)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
