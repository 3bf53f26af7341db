"""Guests on one Wi-Fi: nobody's junk requests keep another guest from a page, a receipt or a QR code."""

from __future__ import annotations

import httpx
import pytest

from operations.codes import pictures as qr
from tests.voice_edge.replicas import eventually
from tests.waiting import DEADLINE_SECONDS
from voice_edge.doors.rates import RATES

WIFI = {"X-Forwarded-For": "203.0.113.7"}
ELSEWHERE = {"X-Forwarded-For": "203.0.113.8"}


@pytest.fixture
async def wifi(replica):
    async with httpx.AsyncClient(base_url=replica.url, headers=WIFI, timeout=DEADLINE_SECONDS) as opened:
        yield opened


@pytest.fixture
async def receipt(replica):
    """Return the path of a guest's receipt."""
    async with replica.page(**WIFI) as page:
        await page.begin("text")
        await page.write("Kaffet var kallt i dag.")
        await page.send("finish")
        path = (await page.until("completed"))["receipt"]
    await eventually(lambda: replica.edge.receipts.waiting == 0)
    return path


@pytest.fixture
async def junk(replica, wifi, receipt):
    """Use up every limit of pages and receipts at one address."""
    rates = replica.edge.doors.rates
    for scope in ("page", "receipt", "receipt_state", "erasure", "bank", "unknown_code", "unknown_receipt"):
        while await rates.hit(scope, "203.0.113.7") is None:
            pass
    return [(await wifi.get(path)).status_code for path in ("/r/junk", "/r/junk/state", "/c/AAAAAA", "/qr/AAAAAA.png")]


RECEIPT_PAGES = ["", "/state", "/erase", "/why", "/bank", "/bank/back", "/bank/again"]


@pytest.mark.parametrize("page", RECEIPT_PAGES)
async def test_a_receipt_opens_while_its_wifi_asks_for_junk(wifi, receipt, junk, page):
    assert (await wifi.get(receipt + page)).status_code in (200, 303)
    assert junk == [429] * 4


@pytest.mark.parametrize("page", ["/c/{code}", "/qr/{code}.svg", "/qr/{code}.png"])
async def test_a_cafes_page_opens_while_its_wifi_asks_for_junk(wifi, replica, junk, page):
    assert (await wifi.get(page.format(code=replica.code))).status_code == 200


async def test_junk_requests_use_up_only_what_is_not_there(wifi, receipt, replica):
    limit = RATES["unknown_receipt"].times
    receipts = [(await wifi.get("/r/junk")).status_code for _ in range(limit + 1)]
    found = [(await wifi.get(path)).status_code for path in ["/c/AAAAAA", "/qr/AAAAAA.png"] * (limit // 2)]
    assert receipts == [404] * limit + [429]
    assert found == [404] * limit
    assert (await wifi.get("/qr/AAAAAA.svg")).status_code == 429
    assert [(await wifi.get(path)).status_code for path in (receipt, f"/c/{replica.code}")] == [200, 200]


async def test_a_receipts_own_requests_are_limited_and_others_are_not(wifi, receipt, replica):
    rates = replica.edge.doors.rates
    while await rates.hit("receipt", receipt.removeprefix("/r/")) is None:
        pass
    assert (await wifi.get(receipt)).status_code == 429
    assert (await wifi.get(f"{receipt}/state")).status_code == 200
    assert (await wifi.get("/r/junk")).status_code == 404


async def test_a_codes_pages_are_limited_for_one_address_only(wifi, replica):
    paths = [f"/qr/{replica.code}.svg", f"/c/{replica.code}"] * (RATES["page"].times // 2)
    assert {(await wifi.get(path)).status_code for path in paths} == {200}
    refused = await wifi.get(f"/qr/{replica.code}.png")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert (await wifi.get(f"/c/{replica.code}")).status_code == 429
    for page in (f"/c/{replica.code}", f"/qr/{replica.code}.png"):
        assert (await wifi.get(page, headers=ELSEWHERE)).status_code == 200


async def test_a_qr_code_is_drawn_once(wifi, replica, monkeypatch):
    drawn = []
    make = qr.segno.make
    monkeypatch.setattr(qr.segno, "make", lambda *args, **options: drawn.append(args) or make(*args, **options))
    for kind in ("png", "svg", "png", "svg", "png"):
        assert (await wifi.get(f"/qr/{replica.code}.{kind}")).status_code == 200
    assert len(drawn) == 2
