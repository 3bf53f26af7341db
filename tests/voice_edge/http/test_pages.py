"""The pages, codes, health and metrics over HTTP."""

from __future__ import annotations

import asyncio

import httpx
import pytest
import websockets

from storage.store.cafes import codes
from tests.waiting import DEADLINE_SECONDS
from voice_edge.doors.codes import FRESH_SECONDS


@pytest.fixture
async def client(replica):
    async with httpx.AsyncClient(base_url=replica.url, timeout=DEADLINE_SECONDS) as opened:
        yield opened


async def test_the_customers_page_is_the_cafes_own(client, replica):
    answer = await client.get(f"/c/{replica.code}")
    assert answer.status_code == 200
    assert 'lang="sv"' in answer.text
    assert "Café Aurora" in answer.text
    assert 'lang="en"' in (await client.get(f"/c/{replica.code.lower()}?lang=en")).text
    assert (await client.get(f"/c/{replica.code}?lang=xx")).status_code == 200


async def test_every_page_forbids_foreign_content(client, replica):
    for path in ("/", f"/c/{replica.code}", "/c/nope", "/r/nope", "/static/page.css"):
        headers = (await client.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert headers["permissions-policy"].startswith("microphone=(self)")
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("code", ["AAAAAA", "222222", "x", "%00", "a b", "%F0%9F%98%80", "222222222222222222"])
async def test_an_unknown_code_gets_a_notice_in_both_languages(client, code):
    answer = await client.get(f"/c/{code}")
    assert answer.status_code == 404
    assert 'lang="sv"' in answer.text
    assert 'lang="en"' in answer.text


async def test_a_retired_code_gets_its_own_notice(client, replica):
    await asyncio.to_thread(codes.retire, replica.home.store(), replica.code, actor="test", reason="worn")
    await replica.clock.advance(FRESH_SECONDS + 1)
    unknown = await client.get("/c/222222")
    retired = await client.get(f"/c/{replica.code}")
    assert retired.status_code == 404
    assert retired.text != unknown.text
    async with replica.page() as page:
        await page.send("hello", v=1, code=replica.code, language="en", client={"browser": "x"})
        error = await page.until("error")
        assert error["code"] == "unknown_code"
        assert await page.closed() == 4404


async def test_the_wrong_cafes_host_links_to_the_right_one(client, replica):
    answer = await client.get(f"/c/{replica.code}", headers={"host": "malmohuset.feedbackai.se"})
    assert f"https://aurora.feedbackai.se/c/{replica.code}" in answer.text
    right = await client.get(f"/c/{replica.code}", headers={"host": "aurora.feedbackai.se"})
    assert right.status_code == 200


async def test_the_front_page_lists_the_cafes(client):
    answer = await client.get("/")
    for name in ("Café Aurora", "Malmö Huset", "Göteborg Café"):
        assert name in answer.text


async def test_qr_codes_are_pictures_and_only_of_real_codes(client, replica):
    svg, png = await client.get(f"/qr/{replica.code}.svg"), await client.get(f"/qr/{replica.code}.png")
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert png.content.startswith(b"\x89PNG")
    assert (await client.get("/qr/222222.svg")).status_code == 404


async def test_an_unknown_receipt_is_not_found_and_not_cached(client):
    answer = await client.get("/r/abcdefghijklmnopqrstuvwxyz")
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_static_files_are_revalidated(client):
    first = await client.get("/static/page.css")
    assert first.headers["cache-control"] == "no-cache"
    again = await client.get("/static/page.css", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304


async def test_known_codes_work_for_ten_minutes_without_the_store(client, replica):
    await client.get(f"/c/{replica.code}")
    replica.store_away = True
    await replica.clock.advance(500.0)
    assert (await client.get(f"/c/{replica.code}")).status_code == 200
    async with replica.page() as page:
        await page.begin("text")
    assert (await client.get("/c/222222")).status_code == 503
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()["checks"]["store"]) == (200, "away, codes known")
    await replica.clock.advance(200.0)
    assert (await client.get(f"/c/{replica.code}")).status_code == 503
    assert (await client.get("/health/ready")).status_code == 503
    async with replica.page() as page:
        await page.send("hello", v=1, code=replica.code, language="sv", client={"browser": "x"})
        assert (await page.until("error"))["retryable"] is True
        assert await page.closed() == 4503
    assert (await client.get("/health/live")).status_code == 200


async def test_readiness_names_what_is_missing(client, replica):
    assert (await client.get("/health/ready")).json()["ready"] is True
    replica.edge.recogniser_ready = lambda: False
    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()["checks"]["recogniser"]) == (503, "warming up")
    replica.edge.recogniser_ready = lambda: True
    replica.edge.landing_writable = lambda: False
    assert (await client.get("/health/ready")).status_code == 503


async def test_metrics_contain_no_words_or_identifiers(client, replica):
    async with replica.page() as page:
        await page.begin("voice")
        await page.speak()
        reply = await page.until("reply", final=True)
        await page.send("shown", turn=1, at_ms=reply["speech_end_page_ms"] + 800)
        await page.send("nonsense")
        await page.until("question", turn=2)
        text = (await client.get("/metrics")).text
        session_id = page.session_id
    assert "edge_sessions_open 1.0" in text
    assert 'edge_events_appended_total{event="utterance_committed"} 1.0' in text
    assert 'edge_response_stage_seconds_bucket{le="0.75",stage="commit"} 1.0' in text
    assert session_id not in text
    assert "kaffet" not in text.lower()
    assert (await client.get("/metrics", headers={"x-forwarded-for": "1.2.3.4"})).status_code == 404


async def test_a_foreign_page_cannot_open_the_websocket(replica):
    with pytest.raises(websockets.InvalidStatus) as caught:
        async with replica.page(Origin="https://evil.example"):
            pass
    assert caught.value.response.status_code == 403
    async with replica.page(Origin=replica.url) as page:
        await page.hello()
