"""Matching feedback is delivered at least once, tried for a day, and never after its erasure."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook

from operations.watch.alerts.alert_records import AlertRecords
from operations.watch.alerts.webhooks import RECORDS_NAME, WebhookWatcher
from operations.webhooks.delivering import RETRY_AFTER, Deliverer
from operations.webhooks.posting import Answer
from operations.webhooks.signing import secret_of
from storage.errors import LakeUnavailable
from storage.home import Home
from storage.store import audit
from storage.store.outgoing import webhook_deliveries as deliveries
from storage.store.outgoing import webhook_rules as rules
from storage.store.outgoing.webhook_deliveries import Attempt, Delivery
from storage.store.outgoing.webhook_rules import RuleRefused
from storage.store.privacy import tombstones
from storage.store.privacy.erasures import pseudonymise
from storage.store.privacy.session_rows import about_session
from tests.operations.webhooks.conftest import DAY, NOON, URL, Clock, Hook, Said, rule, write

MINUTE = timedelta(minutes=1)
BAD = Answer("status", 500)


class Crash(BaseException):
    """The process ends."""


def history(home: Home, cafe: str = "aurora") -> list[tuple[Delivery, tuple[Attempt, ...]]]:
    return deliveries.deliveries_of(home.store(), [cafe], most=100)


def round_of(deliverer: Deliverer) -> None:
    deliverer.plan()
    deliverer.send_due()


@pytest.mark.parametrize(
    ("said", "changes", "expected"),
    [
        (Said(), {}, True),
        (Said(themes='{"queue": "positive"}'), {}, False),
        (Said(themes='{"coffee": "negative"}'), {}, False),
        (Said(themes='{"queue": "positive"}'), {"polarity": ""}, True),
        (Said(themes='{"coffee": "negative"}'), {"theme": ""}, True),
        (Said(themes='{"coffee": "negative", "queue": "positive"}'), {"theme": "", "polarity": "mixed"}, True),
        (Said(themes="{}"), {"theme": "", "polarity": ""}, True),
        (Said(themes="{}"), {"theme": "", "polarity": "negative"}, False),
        (Said(signals=("injection",)), {}, False),
        (Said(cafe="malmohuset"), {}, False),
        (Said(simulated=True), {}, False),
        (Said(flags=("urgent_allergy",)), {}, False),
        (Said(flags=("urgent_allergy",)), {"with_urgent": True}, True),
        (Said(flags=("staff_named",)), {}, True),
        (Said(at=NOON - timedelta(hours=6)), {}, False),  # before the rule was made
    ],
)
def test_a_rule_matches_its_feedback_only(
    said: Said, changes: dict[str, object], expected: bool, home: Home, clock: Clock, hook: Hook, deliverer: Deliverer
) -> None:
    rule(home, clock, **changes)
    sessions = write(home, said)
    round_of(deliverer)
    assert [each["data"]["session"] for each in hook.bodies] == (sessions if expected else [])


def test_a_delivery_holds_redacted_words_and_the_pages_link(
    home: Home, clock: Clock, hook: Hook, deliverer: Deliverer
) -> None:
    made = rule(home, clock)
    (session,) = write(home, Said("Kön var lång. Ring mig på 070-123 45 67, jag heter Anna Svensson."))
    round_of(deliverer)
    ((url, headers, body),) = hook.posts
    assert url == URL
    found = json.loads(body)
    assert found["data"]["link"] == f"https://pilot.example/?kafe=aurora&dag={DAY}#svar-{session}"
    assert "Kön var lång." in found["text"]
    for personal in ("070", "Svensson"):
        assert personal not in body.decode()
    assert (found["data"]["themes"], found["data"]["simulated"]) == ({"queue": "negative"}, False)
    assert headers["webhook-id"].startswith("msg_")
    assert headers["webhook-timestamp"] == str(int(NOON.timestamp()))
    assert made.name in found["text"]


def test_urgent_feedback_is_sent_without_words(home: Home, clock: Clock, hook: Hook, deliverer: Deliverer) -> None:
    rule(home, clock, with_urgent=True)
    write(home, Said("Jag fick en allergisk reaktion av nötter.", flags=("urgent_allergy",)))
    round_of(deliverer)
    (found,) = hook.bodies
    assert (found["data"]["words"], found["data"]["urgent"]) == ([], True)
    assert "allergi" not in json.dumps(found, ensure_ascii=False).replace("urgent", "")


def test_each_feedback_is_planned_once_over_rebuilds_and_restarts(
    home: Home, clock: Clock, hook: Hook, deliverer: Deliverer
) -> None:
    rule(home, clock)
    write(home, Said(), Said())
    for _ in range(3):
        round_of(deliverer)
        round_of(Deliverer(home, clock=clock, poster=hook))  # type: ignore[arg-type]
    assert len(hook.posts) == 2
    assert len({headers["webhook-id"] for _, headers, _ in hook.posts}) == 2


def test_a_failing_receiver_is_tried_for_a_day_with_the_same_id_and_body(
    home: Home, clock: Clock, hook: Hook, deliverer: Deliverer
) -> None:
    rule(home, clock)
    write(home, Said())
    hook.always = BAD
    tried = []
    hook.before = lambda: tried.append(clock.now)
    round_of(deliverer)
    for _ in range(10):
        next_at = history(home)[0][0].next_at
        for moment in (next_at - timedelta(seconds=1), next_at):
            clock.now = moment
            deliverer.send_due()
    pauses = [later - earlier for earlier, later in itertools.pairwise(tried)]
    assert pauses == list(RETRY_AFTER)
    assert timedelta(hours=23) < sum(pauses, timedelta()) < timedelta(hours=25)
    assert len({(headers["webhook-id"], body) for _, headers, body in hook.posts}) == 1
    ((delivery, attempts),) = history(home)
    assert delivery.state == "failed"
    assert [(each.number, each.status, each.outcome) for each in attempts] == [
        (number, 500, "status") for number in range(1, len(RETRY_AFTER) + 2)
    ]


def test_a_receiver_that_recovers_gets_the_delivery(home: Home, clock: Clock, hook: Hook, deliverer: Deliverer) -> None:
    made = rule(home, clock)
    write(home, Said())
    hook.answers = [Answer("unreachable"), Answer("too_slow")]
    for minute in range(10):
        clock.now = NOON + minute * MINUTE
        round_of(deliverer)
    ((delivery, attempts),) = history(home)
    assert (delivery.state, [each.outcome for each in attempts]) == ("delivered", ["unreachable", "too_slow", "ok"])
    found = rules.find_rule(home.store(), made.id)
    assert found is not None and found.failing_since is None


def test_a_crash_while_sending_delivers_again_under_the_same_id(
    home: Home, clock: Clock, hook: Hook, deliverer: Deliverer
) -> None:
    rule(home, clock)
    write(home, Said())
    hook.crash = Crash()
    with pytest.raises(Crash):
        round_of(deliverer)
    hook.crash = None
    for minute in (1, 4, 6, 10):
        clock.now = NOON + minute * MINUTE
        round_of(Deliverer(home, clock=clock, poster=hook))  # type: ignore[arg-type]
    assert len(hook.posts) == 2
    assert len({headers["webhook-id"] for _, headers, _ in hook.posts}) == 1
    assert history(home)[0][0].state == "delivered"


def test_a_dead_receiver_does_not_hold_up_other_rules(
    home: Home, clock: Clock, hook: Hook, deliverer: Deliverer
) -> None:
    rule(home, clock, url="https://dead.example/")
    rule(home, clock, name="Another", url="https://alive.example/")
    write(home, *[Said()] * 5)
    dead = {"https://dead.example/"}
    real = hook.post
    hook.post = lambda url, **rest: (real(url, **rest), BAD if url in dead else Answer("ok", 200))[1]  # type: ignore
    round_of(deliverer)
    urls = [url for url, _, _ in hook.posts]
    assert (urls.count("https://dead.example/"), urls.count("https://alive.example/")) == (1, 5)


@pytest.mark.parametrize("how", ["three days", "gone"])
def test_a_rule_that_fails_for_long_is_disabled_with_a_notice(
    how: str, home: Home, clock: Clock, hook: Hook, deliverer: Deliverer
) -> None:
    made = rule(home, clock)
    watcher = WebhookWatcher(home, clock=clock, deliverer=deliverer)
    write(home, Said())
    hook.always = BAD if how == "three days" else Answer("gone", 410)
    watcher()
    if how == "three days":
        clock.now = NOON + timedelta(days=3)
        deliveries.deliver_again(home.store(), history(home)[0][0].id, by="anna", at=clock.now)
        watcher()
    found = rules.find_rule(home.store(), made.id)
    assert found is not None and found.state == "disabled"
    records = AlertRecords(home.root / ".run" / RECORDS_NAME, clock=clock)
    assert records.firing == {("webhook_disabled", f"aurora {made.id}")}
    assert URL not in (home.root / ".run" / RECORDS_NAME).read_text()
    rules.turn(home.store(), made.id, "on", by="anna", reason="mended")
    watcher()
    assert AlertRecords(home.root / ".run" / RECORDS_NAME, clock=clock).firing == frozenset()


def test_an_erased_session_is_neither_sent_nor_in_the_history(
    home: Home, clock: Clock, hook: Hook, deliverer: Deliverer
) -> None:
    rule(home, clock)
    first, second = write(home, Said(), Said("Kön igen."))
    hook.answers = [BAD]
    round_of(deliverer)
    assert about_session(home.store(), hook.bodies[0]["data"]["session"])["webhook_deliveries"]
    for session in (first, second):
        tombstones.add(home.store(), session_id=session, actor="guest", reason="receipt page")
    sent = len(hook.posts)
    clock.now = NOON + timedelta(hours=1)
    round_of(deliverer)  # The lake still has them: they are erased from it a moment later.
    assert len(hook.posts) == sent
    for session in (first, second):
        pseudonymise(home.store(), session)
    round_of(Deliverer(home, clock=clock, poster=hook))  # type: ignore[arg-type]
    assert (history(home), len(hook.posts)) == ([], sent)
    with home.store().reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM webhook_attempts")).scalar_one() == 0


def test_no_row_holds_a_word_an_address_or_a_secret(home: Home, clock: Clock, hook: Hook, deliverer: Deliverer) -> None:
    made = rule(home, clock)
    write(home, Said("Kaffet var kallt och kön lång."))
    round_of(deliverer)
    secret = secret_of(home.secret(), rule_id=made.id, generation=1)
    with home.store().reading() as connection:
        for table in ("webhook_deliveries", "webhook_attempts", "webhook_rules", "audit_log"):
            rows = str(connection.execute(text(f"SELECT * FROM {table}")).all())
            assert "Kaffet" not in rows and secret not in rows
            assert (URL in rows) == (table == "webhook_rules")


def test_a_rotated_secret_and_the_one_before_sign_for_a_day(
    home: Home, clock: Clock, hook: Hook, deliverer: Deliverer
) -> None:
    made = rule(home, clock)
    first, second = (secret_of(home.secret(), rule_id=made.id, generation=each) for each in (1, 2))
    assert first != second
    rules.rotate(home.store(), made.id, by="anna", reason="leaked")
    deliveries.plan_test(home.store(), made.id, by="anna")
    deliverer.send_due()
    clock.now = NOON + timedelta(days=1)
    deliveries.plan_test(home.store(), made.id, by="anna")
    deliverer.send_due()
    signatures = [headers["webhook-signature"] for _, headers, _ in hook.posts]
    assert [len(each.split()) for each in signatures] == [2, 1]
    for secret, accepted in ((first, [True, False]), (second, [True, True])):
        for (_, headers, body), is_accepted in zip(hook.posts, accepted, strict=True):
            at = clock.now.fromtimestamp(int(headers["webhook-timestamp"]), tz=clock.now.tzinfo)
            right = Webhook(secret).sign(headers["webhook-id"], at, body.decode())
            assert (right in headers["webhook-signature"].split()) == is_accepted


def test_a_test_delivery_names_no_session_and_is_tried_once(
    home: Home, clock: Clock, hook: Hook, deliverer: Deliverer
) -> None:
    made = rule(home, clock)
    rules.turn(home.store(), made.id, "off", by="anna", reason="not yet")
    deliveries.plan_test(home.store(), made.id, by="anna")
    hook.always = BAD
    for minute in range(20):
        clock.now = NOON + minute * MINUTE
        deliverer.send_due()
    (found,) = hook.bodies
    assert found["type"] == "webhook.test"
    assert set(found["data"]) == {"rule", "cafe"}
    assert history(home)[0][0].state == "failed"


def test_a_person_delivers_again(home: Home, clock: Clock, hook: Hook, deliverer: Deliverer) -> None:
    rule(home, clock)
    write(home, Said())
    round_of(deliverer)
    delivery = history(home)[0][0]
    assert deliveries.deliver_again(home.store(), delivery.id, by="anna", at=clock.now)
    deliverer.send_due()
    assert [headers["webhook-id"] for _, headers, _ in hook.posts] == [delivery.id] * 2
    entry = audit.recent(home.store(), 1)[0]
    assert (entry.action, entry.actor, entry.subject) == ("rule.deliver_again", "anna", delivery.id)


def test_a_rule_turned_off_or_removed_sends_nothing_more(
    home: Home, clock: Clock, hook: Hook, deliverer: Deliverer
) -> None:
    made = rule(home, clock)
    write(home, Said())
    deliverer.plan()
    rules.turn(home.store(), made.id, "off", by="anna", reason="holiday")
    deliverer.send_due()
    assert (hook.posts, history(home)[0][0].state) == ([], "cancelled")
    clock.now = NOON + MINUTE
    rules.turn(home.store(), made.id, "on", by="anna", reason="back")
    round_of(deliverer)
    assert hook.posts == []  # What was sent while it was off is not sent later.
    rules.turn(home.store(), made.id, "removed", by="anna", reason="not needed")
    with pytest.raises(RuleRefused):
        rules.turn(home.store(), made.id, "on", by="anna", reason="x")
    assert rules.rules_of(home.store()) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"theme": "weather"}, "theme"),
        ({"polarity": "angry"}, "polarity"),
    ],
)
def test_an_invalid_rule_is_refused(changes: dict[str, object], code: str, home: Home, clock: Clock) -> None:
    with pytest.raises(RuleRefused) as caught:
        rule(home, clock, **changes)
    assert caught.value.code == code
    assert rules.rules_of(home.store()) == []


def test_a_cafe_has_a_limited_number_of_rules(home: Home, clock: Clock) -> None:
    for _ in range(rules.MOST_RULES):
        rule(home, clock)
    with pytest.raises(RuleRefused, match="20"):
        rule(home, clock)
    rule(home, clock, cafe="malmohuset")


def test_a_lake_that_cannot_be_read_is_no_traceback(
    home: Home, clock: Clock, deliverer: Deliverer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule(home, clock)

    def away() -> int:
        raise LakeUnavailable("away", remedy="wait")

    monkeypatch.setattr(deliverer, "plan", away)
    WebhookWatcher(home, clock=clock, deliverer=deliverer)()
