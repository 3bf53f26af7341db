"""Plans deliveries, sends what is due, tries again for a day, and disables rules that fail for long."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from operations.webhooks.matching import Sent, matches, sent_feedback
from operations.webhooks.payload import payload_of, trial_payload
from operations.webhooks.posting import Answer, Poster
from operations.webhooks.signing import secret_of, signed_headers
from pilot.business_days import business_day
from pilot.cafes import Cafes
from pilot.lake_tables.tables import SCORED_FEEDBACK, TURNS
from storage.home import Home
from storage.store.outgoing import webhook_deliveries as deliveries
from storage.store.outgoing import webhook_rules as rules
from storage.store.outgoing.webhook_deliveries import Attempt, Delivery, DeliveryState
from storage.store.outgoing.webhook_rules import Rule

DAYS = 3  # A cut-off edge delivers late.
MOST_A_ROUND = 50
RETRY_AFTER = tuple(timedelta(minutes=each) for each in (1, 5, 30, 120, 300, 480, 480))  # A day in all.
DISABLED_AFTER = timedelta(days=3)
ACTOR = "watch"

_log = structlog.get_logger("operations.webhooks")


@dataclass(frozen=True, slots=True)
class Content:
    """A feedback and its guest's words."""

    sent: Sent
    words: tuple[str, ...]


class Deliverer:
    """Plans and sends; one call of each is one round."""

    def __init__(self, home: Home, *, clock: Callable[[], datetime], poster: Poster | None = None) -> None:
        """Initialise the deliverer.

        Args:
            home: The home.
            clock: Returns the current time, aware.
            poster: Posts; None for one that connects to public addresses.
        """
        self._home = home
        self._clock = clock
        self._poster = poster or Poster()
        self._simulated = home.kind == "demo"
        self._version: int | None = None
        self._planned_rules: tuple[Rule, ...] = ()

    def plan(self) -> int:
        """Match the latest days whenever the table or the rules have changed; return how many were planned.

        Raises:
            PilotError: the lake or the store cannot be read.
        """
        store, lake = self._home.store(), self._home.lake()
        active = tuple(each for each in rules.rules_of(store) if each.state == "on")
        version = lake.version(SCORED_FEEDBACK)
        if not active or version is None or (version, active) == (self._version, self._planned_rules):
            return 0
        today = business_day(self._clock())
        days = [today - timedelta(days=back) for back in range(DAYS)]
        with lake.snapshot(SCORED_FEEDBACK, days=days) as snapshot:
            found = sent_feedback(snapshot, days=days, simulated=self._simulated)
        planned = sum(
            deliveries.plan_deliveries(
                store, rule.id, [(each.session_id, each.day) for each in found if matches(rule, each)]
            )
            for rule in active
        )
        self._version, self._planned_rules = version, active
        return planned

    def send_due(self) -> list[tuple[Delivery, Answer]]:
        """Send what is due; a rule whose receiver has failed waits for the next round with the rest.

        Raises:
            PilotError: the store cannot be read.
        """
        store, cafes = self._home.store(), self._home.cafes()
        found: list[tuple[Delivery, Answer]] = []
        failed: set[str] = set()
        for delivery in deliveries.due_deliveries(store, now=self._clock(), most=MOST_A_ROUND):
            rule = rules.find_rule(store, delivery.rule_id)
            is_test = delivery.session_id is None
            wanted = rule is not None and (rule.state == "on" or (is_test and rule.state != "removed"))
            if rule is None or not wanted or rule.cafe not in cafes.ids:
                deliveries.cancel(store, delivery)
            elif rule.id not in failed and (answer := self._send(rule, delivery, cafes)) is not None:
                found.append((delivery, answer))
                if answer.outcome != "ok":
                    failed.add(rule.id)
        return found

    def _send(self, rule: Rule, delivery: Delivery, cafes: Cafes) -> Answer | None:
        """Claim, post and record one delivery; None if another process has it, or its session is gone."""
        store = self._home.store()
        body = self._body(rule, delivery, cafes)
        if body is None:
            deliveries.cancel(store, delivery)
            return None
        begun = self._clock()
        if not deliveries.claim(store, delivery, now=begun):
            return None
        key = self._home.secret()
        secrets = [secret_of(key, rule_id=rule.id, generation=each) for each in rule.generations(now=begun)]
        headers = signed_headers(secrets, message_id=delivery.id, at=begun, body=body)
        started = time.monotonic()
        answer = self._poster.post(rule.url, headers=headers, body=body)
        duration = round((time.monotonic() - started) * 1000)
        self._record(rule, delivery, answer, begun=begun, duration_ms=duration)
        return answer

    def _record(self, rule: Rule, delivery: Delivery, answer: Answer, *, begun: datetime, duration_ms: int) -> None:
        store, number = self._home.store(), delivery.attempts + 1
        state: DeliveryState = "delivered"
        next_at = begun
        if answer.outcome != "ok":
            more = number <= len(RETRY_AFTER) and delivery.session_id is not None
            state = "waiting" if more else "failed"
            next_at = begun + RETRY_AFTER[number - 1] if more else begun
        attempt = Attempt(delivery.id, number, begun, duration_ms, answer.status, answer.outcome)
        deliveries.record_attempt(store, attempt, state=state, next_at=next_at)
        _log.info("webhook", id=delivery.id, rule=rule.id, outcome=answer.outcome, status=answer.status)
        rules.note_outcome(store, rule.id, succeeded=answer.outcome == "ok", at=begun)
        failing = rule.failing_since
        is_long = failing is not None and begun - failing >= DISABLED_AFTER
        if rule.state == "on" and answer.outcome != "ok" and (is_long or answer.outcome == "gone"):
            why = "gone" if answer.outcome == "gone" else "failed for three days"
            rules.turn(store, rule.id, "disabled", by=ACTOR, reason=why)
            _log.warning("a webhook is disabled", rule=rule.id, cafe=rule.cafe, reason=why)

    def _body(self, rule: Rule, delivery: Delivery, cafes: Cafes) -> bytes | None:
        """Return the body as the lake has it now; None if the session is no longer there."""
        cafe = cafes.get(rule.cafe)
        if delivery.session_id is None or delivery.day is None:
            return trial_payload(rule, cafe=cafe, at=delivery.created_at)
        with self._home.lake().snapshot(SCORED_FEEDBACK, TURNS, days=[delivery.day], cafes=[rule.cafe]) as snapshot:
            found = sent_feedback(snapshot, days=[delivery.day], simulated=self._simulated)
            sent = next((each for each in found if each.session_id == delivery.session_id), None)
            if sent is None or (sent.is_urgent and not rule.with_urgent):
                return None
            words = snapshot.sql(
                "select transcript from turns where session_id = ? and not low_confidence "
                "and coalesce(transcript, '') <> '' order by turn",
                (sent.session_id,),
            )["transcript"].to_list()
        return payload_of(
            rule,
            sent,
            cafe=cafe,
            words=words,
            pages_url=self._home.settings.pages_url,
            simulated=self._simulated,
            at=delivery.created_at,
        )
