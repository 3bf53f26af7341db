"""Malformed Host and Origin headers are refused, and are no faults of the server."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from starlette.datastructures import Headers

from pilot.cafes import parse_cafes
from voice_edge.http.requests import host_allowed, same_site_post
from voice_edge.http.security import origin_allowed

CAFES = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
HALF_ADDRESSES = ["[", "[::1", "::1]", "[x]", "a]b"]


@pytest.mark.parametrize("host", [*HALF_ADDRESSES, "", " ", "/", "@", "127.0.0.1.evil.example"])
def test_a_malformed_host_is_not_served(host: str) -> None:
    assert not host_allowed(host, public_url="https://pilot.example", cafes=CAFES)


@pytest.mark.parametrize("host", HALF_ADDRESSES)
def test_a_malformed_origin_may_not_connect_or_post(host: str) -> None:
    origin = f"http://{host}"
    assert not origin_allowed(origin, host="127.0.0.1:8000", public_url="https://pilot.example", cafes=CAFES)
    assert not same_site_post(Headers({"origin": origin}), host="127.0.0.1:8000")


async def test_a_malformed_host_is_answered_with_421(replica) -> None:
    async with httpx.AsyncClient() as client:
        for host in HALF_ADDRESSES:
            assert (await client.get(f"{replica.url}/", headers={"host": host})).status_code == 421
