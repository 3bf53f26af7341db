"""What managers are sent, and when: after 15 minutes without answers, and when it is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from pilot.business_days import local_time
from pilot.cafes import Cafes
from pilot.words import say
from storage.store.engine import Store
from storage.store.incidents.incidents import Incident
from storage.store.incidents.notices import Notice, NoticeKind, notices_of, queue_notices

AFTER = timedelta(minutes=15)
LANGUAGE: Literal["sv"] = "sv"  # Managers read Swedish.


def is_due(incident: Incident, *, now: datetime) -> bool:
    """Return whether managers must be notified: 15 minutes have passed since the detection."""
    return incident.kind == "down" and incident.closed_at is None and now - incident.detected_at >= AFTER


def message(
    kind: NoticeKind, incident: Incident, *, cafe_name: str, page_url: str, until: datetime | None = None
) -> str:
    """Return the text for a café's manager.

    Args:
        kind: down, or over.
        incident: The incident.
        cafe_name: The café's name.
        page_url: The status page's public address; empty for none.
        until: When it was over.
    """
    since = _clock(incident.detected_at)
    if kind == "over":
        return say(
            "status", "sms.over", LANGUAGE, cafe=cafe_name, since=since, until=_clock(until or incident.detected_at)
        )
    key = "sms.down" if page_url else "sms.down_no_page"
    return say("status", key, LANGUAGE, cafe=cafe_name, since=since, page=page_url)


def notify(
    store: Store,
    incident: Incident,
    kind: NoticeKind,
    *,
    cafes: Cafes,
    page_url: str,
    actor: str,
    until: datetime | None = None,
) -> list[Notice]:
    """Queue the texts for the incident's cafés, each once; return the new ones.

    They wait in the store's table `incident_notices`, from which the router of alerts sends them.
    """
    names = {cafe.id: cafe.name for cafe in cafes.cafe}
    chosen = [cafe for cafe in incident.cafes if cafe in names]
    if kind == "over":
        chosen = [each.cafe for each in notices_of(store, incident.id) if each.kind == "down"]
    texts = {
        cafe: message(kind, incident, cafe_name=names.get(cafe, cafe), page_url=page_url, until=until)
        for cafe in chosen
    }
    return queue_notices(store, incident.id, kind, texts, actor=actor)


def _clock(moment: datetime) -> str:
    return f"{local_time(moment):%H.%M}"
