"""What a webhook holds: codes, redacted words, and the page's link; of urgent feedback no words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from urllib.parse import urlencode

from operations.webhooks.matching import Sent
from pilot.cafes import Cafe
from pilot.redaction import redact
from pilot.words import say
from storage.store.outgoing.webhook_rules import Rule

MOST_CHARACTERS = 2000  # of the words together
TYPE = "feedback.matched"
TEST_TYPE = "webhook.test"


def payload_of(
    rule: Rule, sent: Sent, *, cafe: Cafe, words: Sequence[str], pages_url: str, simulated: bool, at: datetime
) -> bytes:
    """Return the body about one feedback.

    Args:
        rule: The rule.
        sent: The feedback.
        cafe: The café.
        words: The guest's turns; left out of an urgent one, which may be about a guest's health.
        pages_url: The address of the managers' pages.
        simulated: Whether the guest is simulated.
        at: When the delivery was planned: each attempt has the same body.
    """
    language: Literal["sv", "en"] = "en" if sent.language == "en" else "sv"
    query = urlencode({"kafe": cafe.id, "dag": sent.day.isoformat()})
    link = f"{pages_url.rstrip('/')}/?{query}#svar-{sent.session_id}"
    said = [] if sent.is_urgent else _limited([redact(each, language) for each in words])
    title = say("webhooks", "text.urgent" if sent.is_urgent else "text.feedback", "sv", cafe=cafe.name, rule=rule.name)
    if simulated:
        title = say("webhooks", "text.simulated", "sv", text=title)
    quoted = " / ".join(said)
    return _body(
        TYPE,
        at,
        text="\n".join(part for part in (title, quoted, link) if part),
        data={
            "rule": {"id": rule.id, "name": rule.name},
            "cafe": {"id": cafe.id, "name": cafe.name},
            "session": sent.session_id,
            "day": sent.day.isoformat(),
            "sent_at": sent.at.isoformat(),
            "language": sent.language,
            "satisfaction": sent.satisfaction,
            "themes": dict(sent.themes),
            "urgent": sent.is_urgent,
            "simulated": simulated,
            "words": said,
            "link": link,
        },
    )


def trial_payload(rule: Rule, *, cafe: Cafe, at: datetime) -> bytes:
    """Return the body of a test delivery."""
    text = say("webhooks", "text.test", "sv", cafe=cafe.name, rule=rule.name)
    data = {"rule": {"id": rule.id, "name": rule.name}, "cafe": {"id": cafe.id, "name": cafe.name}}
    return _body(TEST_TYPE, at, text=text, data=data)


def _body(kind: str, at: datetime, *, text: str, data: Mapping[str, object]) -> bytes:
    whole = {"type": kind, "timestamp": at.isoformat(), "text": text, "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def _limited(words: Sequence[str]) -> list[str]:
    left, kept = MOST_CHARACTERS, []
    for each in words:
        if left <= 0:
            break
        kept.append(each if len(each) <= left else f"{each[:left]} …")
        left -= len(each)
    return kept
