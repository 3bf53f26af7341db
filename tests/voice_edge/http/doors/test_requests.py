"""Hostile requests: foreign hosts, large bodies, odd methods, path traversal; and security headers."""

from __future__ import annotations

import re

import httpx
import pytest
import websockets

from tests.waiting import DEADLINE_SECONDS
from voice_edge.http.security import content_security_policy


async def test_a_foreign_host_gets_neither_page_nor_websocket(client, replica):
    assert (await client.get("/", headers={"host": "evil.example"})).status_code == 421
    with pytest.raises(websockets.InvalidStatus) as caught:
        async with websockets.connect(
            f"ws://127.0.0.1:{replica.port}/ws/v1",
            host="127.0.0.1",
            additional_headers={"X": "y"},
            origin="https://evil.example",
        ):
            pass
    assert caught.value.response.status_code == 403
    assert (await client.get("/health/live", headers={"host": "edge1:8000"})).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 421), ("evil.example:8000", 421), ("127.0.0.1.evil.example", 421), ("[::1", 421), ("", 421),
        ("a@evil.example", 421), ("edge1:8000/evil.example", 421), ("edge1.", 421),
        ("10.0.0.7:8000", 200), ("[::1]:8000", 200), ("localhost:8000", 200), ("edge1:8000", 200), ("edge1", 200),
        ("pilot_edge-2:8000", 200), ("aurora.feedbackai.se", 200),
    ],
)  # fmt: skip
async def test_metrics_answer_an_internal_name_or_ours_and_no_foreign_one(client, host, status):
    for path in ("/metrics", "/metrics/", "//metrics"):
        answer = await client.get(path, headers={"host": host}, follow_redirects=False)
        assert "edge_sessions_open" not in answer.text or status == 200
    assert (await client.get("/metrics", headers={"host": host})).status_code == status


@pytest.mark.parametrize("path", ["/", "/privacy", "/till/aurora", "/c/222222"])
async def test_an_internal_name_opens_no_page(client, path):
    assert (await client.get(path, headers={"host": "edge1:8000"})).status_code == 421


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "PROPFIND"])
async def test_other_methods_are_not_served(client, replica, method):
    for path in ("/", f"/c/{replica.code}", "/static/page.css", "/r/x/erase"):
        assert (await client.request(method, path)).status_code == 405


async def test_a_get_only_page_refuses_post(client, replica):
    assert (await client.post(f"/c/{replica.code}")).status_code == 405
    assert (await client.get("/v1/rest")).status_code == 405


async def test_a_large_body_is_refused_before_it_is_read(client):
    assert (await client.post("/r/x/erase", content=b"x" * 20_000)).status_code == 413
    assert (await client.post("/v1/rest", content=b"x" * (2 * 1024 * 1024 + 1))).status_code == 413


async def test_a_body_without_a_length_is_not_read_for_an_unknown_receipt(client):
    async def endless():
        for _ in range(64):
            yield b"x" * 1_024

    answer = await client.post("/r/x/erase", content=endless())
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2f..%2fpyproject.toml",
        "/static//etc/passwd",
        "/docs",
        "/openapi.json",
        "/.env",
        "/c/",
        "/r/",
    ],
)
async def test_only_pages_are_found(replica, path):
    async with httpx.AsyncClient(timeout=DEADLINE_SECONDS) as plain:
        answer = await plain.get(f"{replica.url}{path}", follow_redirects=True)
    assert answer.status_code == 404
    assert "import" not in answer.text
    assert "voice_edge" not in answer.text


async def test_a_guest_at_an_unknown_path_gets_help(client):
    answer = await client.get("/menu")
    assert answer.status_code == 404
    assert "Här finns ingen sida" in answer.text
    assert (await client.get("/menu", headers={"accept": "application/json"})).text == "There is nothing here.\n"


async def test_every_answer_carries_the_strict_headers(client, replica):
    paths = (
        "/",
        f"/c/{replica.code}",
        "/c/nope",
        "/r/nope",
        "/r/nope/erase",
        "/static/page.css",
        "/menu",
        "/health/live",
    )
    for path in paths:
        headers = (await client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["permissions-policy"].startswith("microphone=(self)")
        assert "strict-transport-security" not in headers
    secure = await client.get("/", headers={"x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.7"})
    assert secure.headers["strict-transport-security"].startswith("max-age=")


async def test_the_policy_names_no_foreign_host(replica):
    for host in ("pilot.example", "evil.example; script-src *", "a b", ""):
        policy = content_security_policy(host)
        assert "*" not in policy
        assert not re.search(r"wss?:(\s|;|$)", policy)


async def test_no_page_contains_inline_scripts_or_styles(client, replica, at, sent_path):
    pages = [f"/c/{replica.code}", "/", "/r/nope", "/menu", sent_path, f"{sent_path}/erase"]
    at("2026-11-23T23:00:00")
    pages.append(f"/c/{replica.code}")
    for path in pages:
        text = (await client.get(path)).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text), path
        assert not re.search(r"(src|href|action)=\"(https?:)?//", text), path
        assert all('type="application/json"' in tag or "src=" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.fixture
async def sent_path(replica):
    async with replica.page() as page:
        await page.begin("text")
        await page.write("Kaffet var gott men kön vid disken var en kvart lång.")
        await page.send("finish")
        return (await page.until("completed"))["receipt"]


async def test_an_unexpected_error_gets_a_page_without_its_text(replica, capsys):
    async def broken(token: str) -> None:
        raise RuntimeError("hemligt kaffe")

    replica.edge.receipts.find = broken
    async with httpx.AsyncClient(timeout=DEADLINE_SECONDS) as plain:
        answer = await plain.get(f"{replica.url}/r/x")
    assert answer.status_code == 500
    assert "hemligt" not in answer.text
    assert "Försök igen om några minuter." in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
