"""Each channel against a strict stand-in of its service."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from operations.alerting.channels import PagerDutySender, SlackSender, SmsSender, retry_after, senders
from operations.alerting.messages import Message
from operations.alerting.observed_requests import observing
from operations.alerting.people import People
from operations.system import free_port
from operations.watch.alerts.alert_records import Alert
from pilot.contacts import parse_contacts
from pilot.errors import InvalidSettings
from pilot.settings import read_settings
from storage.store.alerts.deliveries import Outcome
from tests.operations.alerting.conftest import CONTACTS, Pilot
from tests.operations.alerting.stand_ins import ELKS_PASSWORD, ROUTING_KEY, SLACK_PATH, Answer, Elks, PagerDuty, Slack

NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)
PEOPLE = People(parse_contacts(CONTACTS, source="x"), frozenset({"sms"}), "")
GONE = f"127.0.0.1:{free_port()}"


def message(kind: str = "firing", recipient: str = "devops") -> Message:
    return Message(kind, recipient, "[ALERT high] dip <&>", "line 1\nÅÄÖ <b> & _x_", "short ÅÄÖ", "k1", "m1")  # type: ignore[arg-type]


def test_slack_gets_title_and_text_as_they_are():
    with Slack() as slack:
        assert SlackSender(slack.url)(message(), now=NOW) == Outcome("delivered", code=200)
        (text,) = slack.texts
        assert text.startswith("[ALERT high] dip") and "ÅÄÖ" in text and "_x_" in text and slack.errors == []


def test_a_text_goes_to_the_number_of_the_role_with_basic_authentication():
    with Elks() as elks:
        assert SmsSender(elks.url, PEOPLE)(message(), now=NOW).state == "delivered"
        assert SmsSender(elks.url, PEOPLE)(message(recipient="cafe:aurora"), now=NOW).state == "delivered"
        assert [each["to"] for each in elks.received] == ["+46701000003", "+4681000004"]
        assert elks.received[0] == {"to": "+46701000003", "from": "Kaffe", "message": "short ÅÄÖ"}
        assert SmsSender(elks.url, PEOPLE)(message(recipient="cafe:nowhere"), now=NOW) == Outcome("dead", "no_number")


def test_the_pager_gets_one_key_for_trigger_and_resolve():
    with PagerDuty() as pager:
        for kind in ("firing", "escalated", "acknowledged", "resolved"):
            assert PagerDutySender(pager.url)(message(kind), now=NOW) == Outcome("delivered", code=202)
        assert pager.events == [("trigger", "k1"), ("trigger", "k1"), ("resolve", "k1"), ("resolve", "k1")]
        assert pager.received[0]["payload"]["severity"] == "critical"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            Answer(429, b"rate_limited", {"Retry-After": "30"}),
            Outcome("waiting", "for_now", 429, NOW + timedelta(seconds=30)),
        ),
        (Answer(429, b"rate_limited"), Outcome("waiting", "for_now", 429)),
        (
            Answer(503, b"", {"Retry-After": "Mon, 23 Nov 2026 11:02:00 GMT"}),
            Outcome("waiting", "for_now", 503, NOW + timedelta(minutes=2)),
        ),
        (Answer(500, b"server_error"), Outcome("waiting", "for_now", 500)),
        (Answer(403, b"invalid_token"), Outcome("dead", "refused", 403)),
        (Answer(410, b"channel_is_archived"), Outcome("dead", "refused", 410)),
        (Answer(302, b"", {"Location": "http://127.0.0.1:1/"}), Outcome("dead", "refused", 302)),
        (Answer(200, b"<html>a portal's page</html>"), Outcome("dead", "refused", 200)),
        (Answer(200, b"", breaks=True), Outcome("unknown", "broken_off")),
    ],
    ids=lambda each: f"{each.status}" if isinstance(each, Answer) else "",
)
def test_slacks_other_answers_are_distinguished(answer: Answer, expected: Outcome):
    with Slack() as slack:
        slack.answers.append(answer)
        assert SlackSender(slack.url)(message(), now=NOW) == expected


def test_a_wrong_key_is_refused_by_each_service():
    with Slack() as slack, Elks() as elks, PagerDuty() as pager:
        assert SlackSender(slack.url[:-1] + "y")(message(), now=NOW) == Outcome("dead", "refused", 404)
        assert SmsSender(elks.url.replace(ELKS_PASSWORD, "wrong"), PEOPLE)(message(), now=NOW) == Outcome(
            "dead", "refused", 401
        )
        assert PagerDutySender(pager.url.replace(ROUTING_KEY, "x" * 32))(message(), now=NOW) == Outcome(
            "dead", "refused", 400
        )


def test_a_service_without_a_connection_got_nothing():
    unreachable = Outcome("waiting", "unreachable")
    assert SlackSender(f"http://{GONE}{SLACK_PATH}")(message(), now=NOW) == unreachable
    assert SmsSender(f"http://u:p@{GONE}/a1/sms?from=Kaffe", PEOPLE)(message(), now=NOW) == unreachable
    assert PagerDutySender(f"http://{ROUTING_KEY}@{GONE}/v2/enqueue")(message(), now=NOW) == unreachable


def test_every_plugin_of_the_installed_apprise_is_observed():
    with Slack() as slack, Elks() as elks, PagerDuty() as pager, observing() as outer:
        SlackSender(slack.url)(message(), now=NOW)
        SmsSender(elks.url, PEOPLE)(message(), now=NOW)
        PagerDutySender(pager.url)(message(), now=NOW)
    assert outer == []  # Each sender observes its own calls.


@pytest.mark.parametrize("header", ["", "soon", "-5", "1e400", "99999999999", "Mon, 99 Foo"])
def test_an_odd_retry_after_neither_fails_nor_waits_for_more_than_an_hour(header: str):
    found = retry_after(header, now=NOW)
    assert found is None or NOW <= found <= NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_URL", "http://hooks.slack.com/services/T1/B1/secretsecret"),
        ("SLACK_URL", "https://hooks.slack.com/secretsecret"),
        ("SMS_URL", "https://secretsecret@api.46elks.com/a1/sms?from=Kaffe"),
        ("SMS_URL", "https://u:secretsecret@api.46elks.com/a1/sms?from=Kaffe%20och%20te"),
        ("PAGERDUTY_URL", "https://secretsecret@events.pagerduty.com/v2/enqueue"),
        ("HEARTBEAT_URL", "http://hc-ping.com/secretsecret"),
    ],
)
def test_a_wrong_address_is_refused_without_being_repeated(name: str, value: str):
    with pytest.raises(InvalidSettings) as refused:
        read_settings({f"PILOT_ALERT_{name}": value})
    assert f"PILOT_ALERT_{name}: Value error, expected " in str(refused.value) and "secretsecret" not in str(
        refused.value
    )


def test_no_secret_is_in_a_settings_text_or_in_the_logs(pilot: Pilot, capsys: pytest.CaptureFixture[str], caplog):
    pilot.start()
    pilot.slack.answers.append(Answer(500, b""))
    pilot.report(Alert("system_down", "x", "high", "x"))
    pilot.run(until=pilot.now + timedelta(minutes=2))
    seen = f"{pilot.home.settings} {capsys.readouterr()} {caplog.text} {pilot.rows()}"
    assert not re.search(f"{SLACK_PATH}|{ELKS_PASSWORD}|{ROUTING_KEY}|46701000003", seen)
    assert len(pilot.elks.received) == 1


def test_a_channel_without_settings_has_no_sender():
    assert senders(read_settings({}), PEOPLE) == {}
