"""Matches a café's feedback with its rules."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pipelines.feedback.satisfaction import satisfaction_of
from storage.snapshot import Snapshot
from storage.store.outgoing.webhook_rules import Rule

URGENT_PREFIX = "urgent_"


@dataclass(frozen=True, slots=True)
class Sent:
    """One usable feedback: when it was sent, its themes with their polarity, and whether it is urgent."""

    session_id: str
    day: date
    cafe: str
    at: datetime
    language: str
    themes: Mapping[str, str]
    is_urgent: bool

    @property
    def satisfaction(self) -> str:
        """Return positive, mixed, negative or neutral."""
        return satisfaction_of(self.themes.values())


def matches(rule: Rule, sent: Sent) -> bool:
    """Return whether a feedback is one that the rule sends.

    It was sent after the rule was turned on. The polarity is that of the theme, or of the session without one. Urgent
    feedback (an allergy, an injury, ...) matches only a rule that includes it.
    """
    if sent.cafe != rule.cafe or sent.at < rule.since or (sent.is_urgent and not rule.with_urgent):
        return False
    if rule.theme and rule.theme not in sent.themes:
        return False
    polarity = sent.themes[rule.theme] if rule.theme else sent.satisfaction
    return rule.polarity in ("", polarity)


def sent_feedback(snapshot: Snapshot, *, days: Sequence[date], simulated: bool) -> list[Sent]:
    """Return the usable feedback of some days, as a snapshot of SCORED_FEEDBACK has it."""
    rows = snapshot.sql(
        "select session_id, day, cafe, completed_at, language, coalesce(themes, '{}') as themes, "
        "coalesce(flags, []) as flags from scored_feedback "
        "where list_contains(?, day) and simulated = ? and len(signals) = 0 order by completed_at, session_id",
        [list(days), simulated],
    )
    return [
        Sent(
            session, day, cafe, at, language, json.loads(themes), any(flag.startswith(URGENT_PREFIX) for flag in flags)
        )
        for session, day, cafe, at, language, themes, flags in rows.iter_rows()
    ]
