"""Device tokens: their consent, signature and thirty days; and one open session per device."""

from __future__ import annotations

import contextlib
import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from voice_edge.conversation.snapshot import unseal
from voice_edge.doors.devices import OPEN_PER_FINGERPRINT, OpenDevices, issue_token, known_token

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
SECRET = b"s" * 32


def test_a_token_is_valid_for_exactly_thirty_days():
    issued = issue_token(secret=SECRET, at=NOON)
    assert len(issued.token) <= 100
    assert issued.expires_at == NOON + timedelta(days=30)
    assert known_token(issued.token, secret=SECRET, at=NOON + timedelta(days=29, hours=23)) == issued
    assert known_token(issued.token, secret=SECRET, at=issued.expires_at) is None


@pytest.mark.parametrize(
    "change", [lambda t: t + "A", lambda t: t[:-1], lambda t: "2" + t[1:], lambda t: "", lambda t: "å.ä.ö.x"]
)
def test_a_changed_or_foreign_token_is_invalid(change):
    issued = issue_token(secret=SECRET, at=NOON)
    assert known_token(change(issued.token), secret=SECRET, at=NOON) is None
    assert known_token(issued.token, secret=b"t" * 32, at=NOON) is None
    assert known_token(None, secret=SECRET, at=NOON) is None


def test_a_known_device_has_one_open_session_and_a_fingerprint_many():
    open_devices = OpenDevices()
    assert open_devices.open("a", code="C", device_hash="h", known=True)
    assert open_devices.open("a", code="C", device_hash="h", known=True)  # The same one, over a new connection.
    assert not open_devices.open("b", code="C", device_hash="h", known=True)
    assert open_devices.open("b", code="D", device_hash="h", known=True)
    open_devices.close("a")
    assert open_devices.open("c", code="C", device_hash="h", known=True)
    opened = [
        open_devices.open(str(number), code="C", device_hash="wifi", known=False)
        for number in range(OPEN_PER_FINGERPRINT + 1)
    ]
    assert opened.count(False) == 1


async def consent(page, *scope: str) -> None:
    await page.send("start", mode="text", language="sv")
    await page.send("consent", granted=True, version="2026-11", scope=["transcript", *scope])


async def test_no_token_is_issued_without_consent_to_it(replica):
    async with replica.page() as page:
        assert (await page.hello(simulated=False))["device_token"] == "ask"
        await consent(page)
        await page.until("question")
        assert "device_token" not in [message["type"] for message in page.seen]
    assert replica.log.data("consent_decided")[0]["device_token_hash"] is None
    assert replica.log.data("session_started")[0]["device_hash"]


async def test_a_consenting_guest_is_known_next_time_and_only_a_hash_is_recorded(replica):
    async with replica.page() as page:
        await page.hello(simulated=False)
        await consent(page, "device_token")
        token = await page.until("device_token")
        await page.until("question")
    hashed = hashlib.sha256(token["token"].encode()).hexdigest()
    assert replica.log.data("consent_decided")[0]["device_token_hash"] == hashed
    assert token["expires_at"].startswith("2026-12-23T")
    async with replica.page(**{"User-Agent": "another browser"}) as page:
        assert (await page.hello(simulated=False, device_token=token["token"]))["device_token"] == "known"
        await consent(page, "device_token")
        await page.until("question")
        assert "device_token" not in [message["type"] for message in page.seen]
    assert token["token"] not in "".join(event.model_dump_json() for event in replica.log.events)


async def test_a_forged_token_identifies_nobody(replica):
    async with replica.page() as page:
        assert (await page.hello(simulated=False, device_token="made up"))["device_token"] == "ask"
    async with replica.page() as page:
        await page.hello(simulated=False)
    hashes = {data["device_hash"] for data in replica.log.data("page_opened")}
    assert len(hashes) == 1


async def test_a_known_device_has_one_session_open_with_a_code(replica):
    token = issue_token(secret=replica.edge.secret, at=replica.clock.now()).token
    async with replica.page() as first:
        await first.begin("text", simulated=False, device_token=token)
        async with replica.page() as second:
            await second.hello(simulated=False, device_token=token)
            await second.send("start", mode="text", language="sv")
            error = await second.until("error")
            assert (error["code"], error["retryable"]) == ("already_open", True)
            assert await second.closed() == 4429
        async with replica.page() as other:
            await other.hello(
                simulated=False, resume=first.snapshot, device_token=token
            )  # The session itself continues.
            await other.write("Kaffet var gott men kön var lång.")


async def test_a_consent_to_audio_is_not_recorded(replica):
    async with replica.page() as page:
        await page.hello(simulated=False)
        await consent(page, "audio")
        await page.until("question")
    assert replica.log.data("consent_decided")[0]["scope"] == ["transcript"]


async def test_simulated_sessions_on_one_machine_are_not_limited(replica):
    async with contextlib.AsyncExitStack() as machine:
        for _ in range(OPEN_PER_FINGERPRINT + 2):
            page = await machine.enter_async_context(replica.page())
            await page.begin("text", simulated=True)
        assert replica.edge.sessions.count == OPEN_PER_FINGERPRINT + 2


async def hashes_of(replica, address: str, user_agent: str) -> tuple[str, str]:
    """Start a session from an address; return its recorded hashes of device and network."""
    async with replica.page(**{"X-Forwarded-For": address, "User-Agent": user_agent}) as page:
        await page.begin("text", simulated=False)
    recorded = replica.log.data("session_started")[-1]
    return recorded["device_hash"], recorded["network_hash"]


async def test_another_browser_is_another_device_of_the_same_network(replica):
    one, other = [await hashes_of(replica, "203.0.113.7", browser) for browser in ("Safari", "Chrome")]
    assert one[0] != other[0]
    assert one[1] == other[1]
    assert "203.0.113" not in "".join(event.model_dump_json() for event in replica.log.events)


async def test_a_phone_that_changes_addresses_within_its_64_is_one_device(replica):
    one, other = [await hashes_of(replica, f"2001:db8:1:2::{end}", "Safari") for end in (1, 2)]
    assert one == other


async def test_a_resumed_session_stays_in_the_network_of_its_start(replica):
    async with replica.page(**{"X-Forwarded-For": "203.0.113.7"}) as page:
        await page.hello(simulated=False)
        await page.send("start", mode="text", language="sv")
        await page.until("ack", seq=1)
        snapshot = page.snapshot
    recorded = replica.log.data("session_started")[-1]["network_hash"]
    state = unseal(snapshot, secret=replica.edge.secret, at=replica.clock.now())
    assert state.network_hash == recorded
