"""Two create-only puts race on a real object store; one that lets both win is refused."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from operations.doctor.dependencies import bucket
from pilot.identifiers import new_identifier
from pilot.settings import Settings
from storage.errors import LandingUnavailable
from storage.landing.create_only import race
from tests.s3_server import running_s3

BUCKET = "landing"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ACCESS_KEY_ID", "pilot"), ("SECRET_ACCESS_KEY", "pilot"), ("REGION", "eu-north-1")):
        monkeypatch.setenv(f"AWS_{name}", value)


@pytest.fixture(scope="module")
def object_store() -> Iterator[str]:
    with running_s3(BUCKET) as url:
        yield url


def test_exactly_one_of_two_racing_puts_wins_on_a_real_store(object_store: str, monkeypatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", object_store)
    found = race(f"s3://{BUCKET}/{new_identifier()}", rounds=25)
    assert (found.rounds, found.both, found.none, found.overwritten) == (25, 0, 0, 0)


def test_the_pre_flight_races_on_the_actual_bucket_and_leaves_nothing(object_store: str, monkeypatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", object_store)
    url = f"s3://{BUCKET}/{new_identifier()}"
    found = bucket(Settings(landing_url=url, lake_url=f"{url}-lake"))
    assert found.ok
    assert found.found.count("both won 0, none won 0, overwritten 0") == 2
    import obstore

    store = obstore.store.from_url(url, client_options={"allow_http": True})
    assert [each["path"] for batch in obstore.list(store) for each in batch] == []


class Careless(BaseHTTPRequestHandler):
    """A store that ignores If-None-Match, as some S3-compatible ones do."""

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_DELETE = do_POST = do_PUT

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_store_that_ignores_the_condition_is_refused(monkeypatch) -> None:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Careless) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
        found = bucket(Settings(landing_url="s3://careless/landing"))
        server.shutdown()
    assert not found.ok
    assert "both won 8" in found.found
    assert "overwritten 8" in found.found
    assert "If-None-Match" in found.remedy


def test_a_bucket_that_is_away_is_named_and_a_home_without_one_is_not_judged(monkeypatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(LandingUnavailable, match="s3://nowhere/landing"):
        race("s3://nowhere/landing")
    assert bucket(Settings()).state == "not_applicable"
