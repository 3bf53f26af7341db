"""Each host behind the real proxy: its certificate, its headers, its pages and nobody else's."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.hosts.certificates import served_certificate
from operations.hosts.web import check_headers, check_redirect, check_websocket
from storage.store.cafes import codes
from tests.answering import Answer, answering
from tests.proxy import GUESTS, STAFF, Proxy, plan, running_proxy
from tests.waiting import until

CAFES = {"aurora.feedbackai.se": "Café Aurora", "malmohuset.feedbackai.se": "Malmö Huset",
         "goteborg.feedbackai.se": "Göteborg Café"}  # fmt: skip


@pytest.fixture
def proxy(tmp_path: Path, replica) -> Iterator[Proxy]:
    with (
        answering({"/": Answer(body=b"A stand-in for the dashboards.")}) as pages,
        running_proxy(tmp_path / "proxy", plan([replica.port], dashboards=[pages.port])) as opened,
    ):
        yield opened


async def test_every_host_passes_the_checks_of_pilot_domains_verify(proxy: Proxy) -> None:
    trust = proxy.trust
    for host in proxy.hosts:
        for check in (check_headers, *([check_websocket] if host.cafe else [])):
            assert (found := await asyncio.to_thread(check, host, trust=trust)).ok, found
        assert (found := await asyncio.to_thread(check_redirect, host)).ok, found


async def test_every_host_has_a_trusted_certificate_of_its_own_name(proxy: Proxy) -> None:
    for host in proxy.hosts:
        served = await asyncio.to_thread(served_certificate, host, trust=proxy.trust)
        assert (served.fault, served.names) == ("", (host.name,))


@pytest.mark.parametrize(("host", "name"), CAFES.items())
async def test_a_cafes_page_loads_on_its_own_host(proxy: Proxy, home, host: str, name: str) -> None:
    cafe = next(each for each in home.cafes().cafe if each.domain == host)
    code = next((each for each in codes.active(home.store()) if each.cafe == cafe.id), None)
    code = code or codes.issue(home.store(), cafe=cafe.id, label="table", actor="test")
    answer = await proxy.get(host, f"/c/{code.code}")
    assert answer.status_code == 200
    assert name in answer.text
    assert answer.headers["strict-transport-security"]


async def test_a_host_does_not_answer_with_another_hosts_certificate(proxy: Proxy) -> None:
    with pytest.raises(ssl.SSLError):
        async with proxy.socket("stranger.feedbackai.se"):
            pass


@pytest.mark.parametrize("path", ["/metrics", "/health/ready", "/webhooks/stripe", "/metrics/"])
async def test_a_cafes_host_serves_nothing_of_the_operators(proxy: Proxy, path: str) -> None:
    for host in CAFES:
        assert (await proxy.get(host, path)).status_code == 404


@pytest.mark.parametrize("path", ["/dagster/", "/grafana/", "/prometheus/", "/piloten", "/sign-in", "/status/"])
async def test_a_cafes_host_has_no_page_of_the_operators(proxy: Proxy, path: str) -> None:
    answer = await proxy.get(GUESTS, path)
    assert answer.status_code == 404
    assert "X-Pilot" not in answer.headers


async def test_the_operators_host_has_no_page_for_guests(proxy: Proxy, replica) -> None:
    answer = await proxy.get(STAFF, f"/c/{replica.code}")
    assert answer.status_code == 404  # Of the dashboards.
    assert "Café Aurora" not in answer.text


async def test_a_fourth_cafe_is_served_after_a_reload_without_an_edit(proxy: Proxy, tmp_path: Path) -> None:
    text = proxy.cafes_file.read_text("utf-8")
    fourth = (
        text[text.index('[[cafe]]\nid = "goteborg"') :].replace("goteborg", "uppsala").replace("Göteborg", "Uppsala")
    )
    proxy.cafes_file = tmp_path / "cafes.toml"
    proxy.cafes_file.write_text(text + "\n" + fourth, "utf-8")
    proxy.write()
    proxy.reload()
    assert [host.name for host in proxy.hosts][3] == "uppsala.feedbackai.se"
    await asyncio.to_thread(until, proxy.serves, what="the fourth host's certificate")
    # It comes to the edge, which answers for the host once it is started with the new file.
    assert (await proxy.get("uppsala.feedbackai.se", "/privacy")).status_code == 421
