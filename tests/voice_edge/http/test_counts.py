"""The customer-count API on a replica."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from pilot.errors import InvalidSettings
from storage.errors import StoreAway
from storage.home import Home
from storage.store import audit, outbox
from storage.store.cafes import customer_counts
from tests.voice_edge.replicas import Replica, running_replica
from tests.waiting import DEADLINE_SECONDS
from voice_edge.doors.rates import RATES
from voice_edge.http.counts_service import CountsService, read_tokens

NOW = datetime(2026, 11, 27, 11, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
PATH = "/api/counts/aurora/2026-11-23"
TOKENS = {"aurora": "a" * 24, "malmohuset": "m" * 24}
KNOWN = {"Authorization": f"Bearer {TOKENS['aurora']}"}


@pytest.fixture
async def serving(home: Home) -> AsyncIterator[Replica]:
    async with running_replica(home, counts=CountsService(home, TOKENS, clock=lambda: NOW)) as replica:
        yield replica


@pytest.fixture
async def till(serving: Replica) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{serving.port}", headers=KNOWN, timeout=DEADLINE_SECONDS
    ) as client:
        yield client


async def test_a_count_is_saved_with_its_source_audited_and_wakes_the_sensor(
    home: Home, till: httpx.AsyncClient
) -> None:
    answer = await till.put(PATH, json={"customers": 742})
    assert answer.status_code == 200
    assert answer.json() == {
        "cafe": "aurora",
        "day": "2026-11-23",
        "customers": 742,
        "outcome": "new",
        "before": None,
    }
    assert answer.headers["cache-control"] == "no-store"
    (report,) = customer_counts.history(home.store(), cafe="aurora", day=MONDAY, simulated=False)
    assert (report.customers, report.source, report.actor) == (742, "api", "api:aurora")
    assert audit.recent(home.store(), 1)[0].action == "customer_count.report"
    assert outbox.touched_days(home.store(), after=0)[1] == {MONDAY}


async def test_a_repeated_count_changes_nothing_and_another_corrects_it(till: httpx.AsyncClient) -> None:
    outcomes = [(await till.put(PATH, json={"customers": number})).json() for number in (742, 742, 739)]
    assert [one["outcome"] for one in outcomes] == ["new", "unchanged", "corrected"]
    assert outcomes[2]["before"] == 742
    assert (await till.get(PATH)).json()["customers"] == 739


async def test_an_unreported_day_is_missing_and_not_zero(till: httpx.AsyncClient) -> None:
    missing = await till.get(PATH)
    assert missing.status_code == 404
    assert "missing" in missing.json()["error"]
    await till.put(PATH, json={"customers": 0})
    assert (await till.get(PATH)).json()["customers"] == 0


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", f"Basic {TOKENS['aurora']}", TOKENS["aurora"]])
async def test_without_a_known_token_nothing_is_saved(header: str, home: Home, till: httpx.AsyncClient) -> None:
    answer = await till.put(PATH, json={"customers": 742}, headers={"Authorization": header})
    assert answer.status_code == 401
    assert customer_counts.current_reports(home.store(), [MONDAY], simulated=False) == {}


async def test_a_cafes_token_opens_no_other_cafe(home: Home, till: httpx.AsyncClient) -> None:
    for path in ("/api/counts/malmohuset/2026-11-23", "/api/counts/nowhere/2026-11-23"):
        assert (await till.put(path, json={"customers": 742})).status_code == 404
    assert customer_counts.current_reports(home.store(), [MONDAY], simulated=False) == {}


@pytest.mark.parametrize(
    ("day", "body", "field"),
    [
        ("2026-11-28", b'{"customers": 7}', "day"),
        ("2026-11-22", b'{"customers": 7}', "day"),
        ("yesterday", b'{"customers": 7}', "day"),
        ("2026-11-23", b'{"customers": -1}', "customers"),
        ("2026-11-23", b'{"customers": 20001}', "customers"),
        ("2026-11-23", b'{"customers": 7.5}', "customers"),
        ("2026-11-23", b'{"customers": "7"}', "customers"),
        ("2026-11-23", b'{"customers": true}', "customers"),
        ("2026-11-23", b'{"customers": 7, "more": 1}', "customers"),
        ("2026-11-23", b"[" * 5000, "customers"),
        ("2026-11-23", b"", "customers"),
    ],
)
async def test_an_invalid_count_is_refused_by_field(
    day: str, body: bytes, field: str, home: Home, till: httpx.AsyncClient
) -> None:
    answer = await till.put(f"/api/counts/aurora/{day}", content=body)
    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert answer.json()["remedy"]
    assert outbox.touched_days(home.store(), after=0)[1] == frozenset()


async def test_requests_above_the_token_limit_are_refused(till: httpx.AsyncClient) -> None:
    for _ in range(RATES["counts"].times):
        assert (await till.get(PATH)).status_code == 404
    answer = await till.put(PATH, json={"customers": 742})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1


async def test_a_store_that_is_away_gives_a_retry_time(
    till: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise StoreAway("gone", remedy="wait")

    monkeypatch.setattr(customer_counts, "report_all", away)
    answer = await till.put(PATH, json={"customers": 742})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")


async def test_put_is_refused_elsewhere_and_without_tokens(replica: Replica) -> None:
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{replica.port}", headers=KNOWN, timeout=DEADLINE_SECONDS
    ) as client:
        assert (await client.put("/health/live", json={})).status_code == 405
        assert (await client.put(PATH, json={"customers": 742})).status_code == 404


def test_tokens_are_read_by_cafe_and_a_fault_names_its_place_and_no_token(home: Home) -> None:
    cafes = home.cafes()
    written = ",".join(f"{cafe}={token}" for cafe, token in TOKENS.items())
    assert read_tokens(written, cafes=cafes) == TOKENS
    assert read_tokens("", cafes=cafes) == {}
    secret = os.urandom(12).hex()
    for faulty in (
        f"nowhere={secret}",
        secret,
        f"aurora={secret},aurora={secret}x",
        "aurora=short",
        f"{written},goteborg={'a' * 24}",
    ):
        with pytest.raises(InvalidSettings, match="PILOT_COUNTS_TOKENS: part") as refused:
            read_tokens(faulty, cafes=cafes)
        assert secret not in str(refused.value)
