"""Alertmanager's webhook: received with its token, recorded once, refused with a reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from operations.alerting.alertmanager import AlertmanagerServer, Receiver
from tests.operations.alerting.conftest import Pilot

TOKEN = "t" * 32


def alert(name: str = "system_down", status: str = "firing", **labels: str) -> dict[str, object]:
    return {
        "status": status,
        "labels": {"alertname": name, "severity": "high", "instance": "edge1:8000", **labels},
        "annotations": {"summary": "edge1 does not answer"},
        "startsAt": "2026-11-23T11:00:00.123Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": "c4ee4a2e5a4ff2ab",
    }


def payload(*alerts: dict[str, object], **changes: object) -> dict[str, object]:
    return {
        "version": "4", "groupKey": '{}:{alertname="x"}', "truncatedAlerts": 0, "status": "firing",
        "receiver": "watch", "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {},
        "externalURL": "http://alertmanager", "alerts": list(alerts), **changes,
    }  # fmt: skip


@pytest.fixture
def server(pilot: Pilot) -> Iterator[AlertmanagerServer]:
    with AlertmanagerServer(Receiver(pilot.folder, clock=pilot.clock), token=TOKEN, port=0) as found:
        yield found


def post(server: AlertmanagerServer, body: object, *, token: str = TOKEN) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(server.url, content=content, headers={"Authorization": f"Bearer {token}"}, trust_env=False)


def test_an_alert_of_alertmanager_is_one_episode_however_often_it_repeats(pilot: Pilot, server: AlertmanagerServer):
    pilot.start()
    for _ in range(3):
        assert post(server, payload(alert(), alert(name="cafe_page_down", cafe="aurora"))).status_code == 200
        pilot.turn(minutes=1)
    pilot.turn(minutes=1)
    assert {(each.name, each.subject, each.cafe) for each in pilot.episodes()} == {
        ("system_down", "edge1:8000", ""), ("cafe_page_down", "aurora edge1:8000", "aurora"),
    }  # fmt: skip
    assert sum("edge1 does not answer" in each for each in pilot.slack.texts) == 2 and len(pilot.elks.received) == 1
    assert post(server, payload(alert(status="resolved"))).json() == {"detail": "1 changes recorded."}
    pilot.run(until=pilot.now + timedelta(minutes=6))
    assert any("RESOLVED" in each for each in pilot.slack.texts)


def test_what_is_firing_is_known_after_a_restart(pilot: Pilot, server: AlertmanagerServer):
    post(server, payload(alert()))
    with AlertmanagerServer(Receiver(pilot.folder, clock=pilot.clock), token=TOKEN, port=0) as again:
        assert post(again, payload(alert())).json() == {"detail": "0 changes recorded."}
        assert post(again, payload(alert(status="resolved"))).json() == {"detail": "1 changes recorded."}


def test_an_alert_without_labels_that_place_it_has_its_fingerprint(pilot: Pilot, server: AlertmanagerServer):
    bare = {**alert(), "labels": {"alertname": "Watchdog"}}
    post(server, payload(bare))
    pilot.start()
    assert [each.subject for each in pilot.episodes()] == ["c4ee4a2e5a4ff2ab"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"not json", "body"),
        (b"[]", "body"),
        ({}, "version"),
        (payload(version="3"), "version"),
        (payload({"status": "firing"}), "alerts.0.labels"),
        (payload({**alert(), "status": "odd"}), "alerts.0.status"),
        (payload({**alert(), "startsAt": "yesterday"}), "alerts.0.startsAt"),
        (payload({**alert(), "startsAt": "2026-11-23T11:00:00"}), "alerts.0.startsAt"),
        (payload({**alert(), "labels": {"severity": "high"}}), "alerts.0.labels.alertname"),
        (payload({**alert(), "labels": {"alertname": 4}}), "alerts.0.labels.alertname"),
        (payload({**alert(), "fingerprint": ""}), "alerts.0.fingerprint"),
    ],
)
def test_another_body_is_refused_with_the_field_and_records_nothing(pilot, server, body, named):
    answer = post(server, body)
    assert answer.status_code == 400 and named in answer.json()["detail"] and "Traceback" not in answer.text
    assert not (pilot.folder / "alertmanager.ndjson").exists()


def test_the_token_path_and_size_are_required(pilot: Pilot, server: AlertmanagerServer):
    assert post(server, payload(), token="x" * 32).status_code == 401
    assert httpx.post(server.url, json=payload(), trust_env=False).status_code == 401
    assert httpx.post(f"{server.url}x", trust_env=False).status_code == 404
    assert httpx.get(server.url, trust_env=False).status_code == 405
    assert post(server, b"x" * (1024 * 1024 + 1)).status_code == 413
    assert server.url.startswith("http://127.0.0.1:")
