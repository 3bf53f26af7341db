"""Rate limits: twenty guests on one Wi-Fi are admitted, a flood is not; with a real Redis and without."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from pilot.networks import wider_network
from pilot.settings import Settings
from tests.ports import free_ports
from tests.waiting import until
from voice_edge.doors.rates import MemoryCounter, Rate, Rates, RedisCounter, counted_address
from voice_edge.http.requests import host_allowed

SECRET = b"s" * 32
GUESTS = 20
REDIS = shutil.which("redis-server")
needs_redis = pytest.mark.redis


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def redis_server(tmp_path):
    port = free_ports(1)[0]
    command = [REDIS, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", tmp_path]
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True)
    try:
        until(lambda: "Ready to accept" in process.stdout.readline(), what="Redis")
        yield f"redis://127.0.0.1:{port}/0", process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def rates(shared=None, clock=None, **changes: Rate) -> Rates:
    return Rates(secret=SECRET, clock=clock or Clock(), shared=shared, rates={"page": Rate(3, 60), **changes})


async def test_a_hit_above_the_limit_gets_a_wait():
    limited = rates()
    assert [await limited.hit("page", "203.0.113.7") for _ in range(3)] == [None] * 3
    wait = await limited.hit("page", "203.0.113.7")
    assert wait is not None
    assert 1 <= wait <= 60
    assert await limited.hit("page", "203.0.113.8") is None
    assert await limited.hit("hello", "203.0.113.7") is None
    assert [await limited.hit("page", None) for _ in range(9)] == [None] * 9


async def test_a_hit_is_allowed_again_after_the_window(monkeypatch):
    limited = rates()
    for _ in range(4):
        await limited.hit("page", "a")
    import time

    later = time.time() + 121
    monkeypatch.setattr("time.time", lambda: later)
    assert await limited.hit("page", "a") is None


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", None),
        ("::1", None),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", None),
    ],
)
def test_an_address_is_counted_whole_and_loopback_never(address, counted):
    assert counted_address(address) == counted


def test_an_ipv6_household_counts_as_one_address():
    assert counted_address("2001:db8:1:2::1") == counted_address("2001:db8:1:2:ffff::9")
    assert counted_address("2001:db8:1:2::1") != counted_address("2001:db8:1:3::1")
    assert counted_address("fe80::1%eth0") == counted_address("fe80::2")


def test_the_networks_of_an_ipv6_customer_are_one_wider_network():
    one, other, third = (counted_address(f"2001:db8:{each}::1") for each in ("1:2", "1:3", "2:2"))
    assert wider_network(one) == wider_network(other) != wider_network(third)
    assert wider_network("203.0.113.7") == "203.0.113.7"


async def opened(replica, address: str, *, start: bool) -> str:
    """Open a page at `address`, and perhaps press start; return `welcome`, `started` or the error."""
    async with replica.page(**{"X-Forwarded-For": address, "User-Agent": "iPhone"}) as page:
        await page.send("hello", v=1, code=replica.code, language="sv", simulated=False)
        answer = await page.receive()
        if start and answer["type"] == "welcome":
            await page.send("start", mode="text", language="sv")
            while (answer := await page.receive())["type"] != "error" and answer.get("seq") != 1:
                pass
        if answer["type"] != "error":
            return "started" if start else answer["type"]
        assert 1 <= answer["retry_after_s"] <= 3600
        assert await page.closed() == 4429
        return answer["code"]


async def test_pages_that_are_only_opened_shut_neither_a_wifi_nor_a_code(replica):
    replica.edge.doors.rates = rates(sessions_of_address=Rate(3, 60), networks_of_code=Rate(2, 60))
    assert [await opened(replica, "203.0.113.7", start=False) for _ in range(8)] == ["welcome"] * 8
    assert [await opened(replica, f"198.51.100.{each}", start=False) for each in range(4)] == ["welcome"] * 4
    assert await opened(replica, "203.0.113.7", start=True) == "started"


async def test_starts_of_one_address_are_limited_and_others_are_not(replica):
    replica.edge.doors.rates = rates(sessions_of_address=Rate(3, 60))
    started = [await opened(replica, "203.0.113.7", start=True) for _ in range(5)]
    assert started == ["started"] * 3 + ["too_many"] * 2
    assert await opened(replica, "203.0.113.8", start=True) == "started"
    assert len(replica.log.data("session_started")) == 4


@pytest.mark.parametrize(
    "addresses",
    [["203.0.113.7"] * 8, [f"2001:db8:5:{each}::1" for each in range(8)]],
    ids=["one address", "the /64s of a /48"],
)
async def test_one_network_that_starts_often_counts_once_for_a_code(replica, addresses):
    replica.edge.doors.rates = rates(networks_of_code=Rate(2, 60))
    assert [await opened(replica, each, start=True) for each in addresses] == ["started"] * 8
    assert await opened(replica, "198.51.100.1", start=True) == "started"


async def test_a_code_is_shut_by_many_networks_and_stays_open_to_those_already_here(replica):
    replica.edge.doors.rates = rates(networks_of_code=Rate(2, 60))
    wifi, phone, late = "203.0.113.7", "198.51.100.1", "198.51.100.2"
    assert [await opened(replica, each, start=True) for each in (wifi, phone)] == ["started"] * 2
    assert [await opened(replica, late, start=True) for _ in range(3)] == ["too_many"] * 3
    assert await opened(replica, wifi, start=True) == "started"


async def test_twenty_guests_on_one_wifi_with_the_same_phone_all_talk(replica):
    wifi = {"X-Forwarded-For": "203.0.113.7", "User-Agent": "iPhone"}
    import contextlib

    async with contextlib.AsyncExitStack() as table:
        for _ in range(GUESTS):
            page = await table.enter_async_context(replica.page(**wifi))
            await page.begin("text", simulated=False)
        assert replica.edge.sessions.count == GUESTS
        assert len({event.data["device_hash"] for event in replica.log.events if event.event == "session_started"}) == 1


async def test_a_flood_from_one_address_is_limited_and_other_addresses_are_not(client, replica):
    replica.edge.doors.rates = rates()
    statuses = [
        (await client.get(f"/c/{replica.code}", headers={"X-Forwarded-For": "203.0.113.7"})).status_code
        for _ in range(5)
    ]
    assert statuses == [200, 200, 200, 429, 429]
    answer = await client.get(f"/c/{replica.code}", headers={"X-Forwarded-For": "203.0.113.7"})
    assert int(answer.headers["retry-after"]) >= 1
    assert "Vänta en stund och försök igen." in answer.text
    assert "Unusually many visits" in answer.text
    assert (await client.get(f"/c/{replica.code}", headers={"X-Forwarded-For": "203.0.113.8"})).status_code == 200


async def test_guessing_codes_and_receipts_is_limited(client, replica):
    replica.edge.doors.rates = rates(unknown_code=Rate(2, 60), unknown_receipt=Rate(2, 60), page=Rate(100, 60))
    phone = {"X-Forwarded-For": "203.0.113.7"}
    assert [(await client.get("/c/222222", headers=phone)).status_code for _ in range(3)] == [404, 404, 429]
    assert [(await client.get("/r/guess", headers=phone)).status_code for _ in range(3)] == [404, 404, 429]
    assert (await client.get(f"/c/{replica.code}", headers=phone)).status_code == 200


async def test_hellos_above_the_limit_are_refused_with_a_wait(replica):
    replica.edge.doors.rates = rates(hello=Rate(1, 60))
    phone = {"X-Forwarded-For": "203.0.113.7"}
    async with replica.page(**phone) as page:
        await page.hello()
    async with replica.page(**phone) as page:
        await page.send("hello", v=1, code=replica.code, language="en", client={"browser": "x"})
        error = await page.until("error")
        assert (error["code"], error["retryable"]) == ("too_many", True)
        assert 1 <= error["retry_after_s"] <= 60
        assert await page.closed() == 4429


async def test_a_forwarded_address_is_trusted_only_from_a_trusted_proxy(home, running):
    home.settings = home.settings.model_copy(update={"trusted_proxies": "192.0.2.1"})
    async with running() as replica:
        replica.edge.doors.rates = rates(hello=Rate(1, 60))
        for _ in range(3):  # This machine's own address is not counted, whatever the header claims.
            async with replica.page(**{"X-Forwarded-For": "203.0.113.7"}) as page:
                await page.hello()


@needs_redis
async def test_replicas_share_counts_in_redis_without_storing_an_address(redis_server):
    url, _ = redis_server
    one, other = rates(RedisCounter(url)), rates(RedisCounter(url))
    assert [await each.hit("page", "203.0.113.7") for each in (one, other, one)] == [None] * 3
    assert await other.hit("page", "203.0.113.7") is not None
    import redis

    await one.close()
    await other.close()
    with redis.Redis.from_url(url) as connection:
        keys = b" ".join(connection.keys("*"))
        assert keys
        assert b"203.0" not in keys
        assert all(connection.ttl(key) > 0 for key in connection.keys("*"))


@needs_redis
async def test_a_count_is_asked_for_in_redis_without_a_hit(redis_server):
    url, _ = redis_server
    one, other = rates(RedisCounter(url)), rates(RedisCounter(url))
    assert [await one.allows("code_of_network", "K7M2QP 203.0.113.7") for _ in range(2)] == [True, True]
    await one.hit("code_of_network", "K7M2QP 203.0.113.7")
    assert not await other.allows("code_of_network", "K7M2QP 203.0.113.7")
    await one.close()
    await other.close()


@needs_redis
async def test_an_outage_of_redis_refuses_nobody_and_is_logged_once(redis_server, caplog, capsys):
    url, process = redis_server
    clock = Clock()
    limited = rates(RedisCounter(url), clock)
    assert await limited.hit("page", "a") is None
    process.kill()
    process.wait()
    assert [await limited.hit("page", "a") for _ in range(3)] == [None] * 3
    assert await limited.hit("page", "a") is not None  # Counted here meanwhile.
    clock.seconds += 31.0
    await limited.hit("page", "b")
    logged = capsys.readouterr().out + caplog.text
    assert logged.count("redis away") == 1
    await limited.close()


@needs_redis
async def test_redis_is_used_again_after_its_outage(redis_server, tmp_path):
    url, process = redis_server
    port = url.split(":")[-1].split("/")[0]
    clock = Clock()
    limited = rates(RedisCounter(url), clock)
    process.kill()
    process.wait()
    await limited.hit("page", "a")
    again = subprocess.Popen(  # noqa: ASYNC220 - a test's own server
        [REDIS, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: "Ready to accept" in again.stdout.readline(), what="Redis")
        clock.seconds += 31.0
        await limited.hit("page", "a")
        other = rates(RedisCounter(url))
        assert [await other.hit("page", "a") for _ in range(3)][-1] is not None
        await limited.close()
        await other.close()
    finally:
        again.kill()
        again.wait()
        again.stdout.close()


async def test_only_memory_is_the_default(replica):
    assert replica.edge.doors.rates._shared is None
    assert Settings().redis_url.get_secret_value() == ""
    assert isinstance(replica.edge.doors.rates._own, MemoryCounter)


def test_only_our_host_names_are_served(replica):
    cafes = replica.edge.cafes
    for host, allowed in {
        "pilot.example": True,
        "pilot.example:443": True,
        "aurora.feedbackai.se": True,
        "localhost:8000": True,
        "127.0.0.1:8000": True,
        "[::1]:8000": True,
        "192.168.1.20:8000": True,
        "evil.example": False,
        "aurora.feedbackai.se.evil.example": False,
        "": False,
    }.items():
        assert host_allowed(host, public_url="https://pilot.example", cafes=cafes) is allowed, host


async def test_uploads_above_the_limit_are_refused_with_a_wait(client, replica):
    replica.edge.doors.rates = rates(upload=Rate(1, 60))
    phone = {"X-Forwarded-For": "203.0.113.7"}
    answers = [await client.post("/v1/rest", headers=phone) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [400, 429]
    assert answers[1].json()["code"] == "too_many"
    assert int(answers[1].headers["retry-after"]) >= 1
