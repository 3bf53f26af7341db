"""Two edges behind the real proxy: reload, drain, stop, and the page while both are away."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import websockets

from operations.hosts.proxy_file import ProxyPlan
from tests.proxy import GUESTS, Proxy, plan, running_proxy
from tests.voice_edge.pages import Page
from tests.voice_edge.replicas import eventually
from tests.waiting import DEADLINE_SECONDS
from voice_edge.http.leaving import HEADER, STATUS, VALUE, flag_file, is_flagged


@asynccontextmanager
async def proxied(tmp_path: Path, planned: ProxyPlan) -> AsyncIterator[Proxy]:
    """Run the proxy; at the end wait until the replicas have noticed that every page has left."""
    with running_proxy(tmp_path / "proxy", planned) as proxy:
        yield proxy
        await eventually(lambda: not any("EdgeWebSocket" in repr(task.get_coro()) for task in asyncio.all_tasks()))


async def replica_behind(proxy: Proxy) -> None:
    """Open a page."""
    assert (await proxy.get(GUESTS, "/privacy")).status_code == 200


async def test_a_talk_survives_a_reload_of_the_proxy(tmp_path: Path, running) -> None:
    async with running() as replica, proxied(tmp_path, plan([replica.port])) as proxy, proxy.socket() as socket:
        page = Page(socket, replica)
        await page.hello()
        await page.send("start", mode="text", language="sv")
        await page.send("consent", granted=True, version="2026-11", scope=["transcript"])
        await page.until("question")
        proxy.reload()
        await page.send("text", text="Kaffet var kallt och disken smutsig.")
        reply = await page.until("reply")
        assert reply["turn"] == 1
        # On the same connection: nothing was resumed.
        assert [each["type"] for each in page.seen].count("welcome") == 1


async def test_a_silent_talk_outlives_the_proxys_idle_limit(tmp_path: Path, running) -> None:
    async with (
        running() as replica,
        proxied(tmp_path, plan([replica.port], idle="1s")) as proxy,
        proxy.socket() as socket,
    ):
        page = Page(socket, replica)
        await page.hello()
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", proxy.plan.https_port, ssl=proxy.trust, server_hostname=GUESTS
        )
        writer.write(f"GET /privacy HTTP/1.1\r\nHost: {GUESTS}\r\n\r\n".encode())
        async with asyncio.timeout(DEADLINE_SECONDS):
            await reader.read()  # Until the proxy ends the connection that has no request.
        writer.close()
        await page.send("start", mode="text", language="sv")
        await page.send("consent", granted=True, version="2026-11", scope=["transcript"])
        await page.until("question")


async def test_new_guests_come_to_both_edges_those_in_a_talk_stay(tmp_path: Path, running) -> None:
    async with (
        running(name="edge1") as one,
        running(name="edge2") as two,
        proxied(tmp_path, plan([one.port, two.port])) as proxy,
    ):
        sockets = [await proxy.socket() for _ in range(6)]
        try:
            for socket in sockets:
                page = Page(socket, one)
                await page.hello()
            # Least connections: each open talk counts.
            assert (one.edge.sessions.count, two.edge.sessions.count) == (3, 3)
        finally:
            for socket in sockets:
                await socket.close()


async def test_a_flagged_edge_keeps_its_talks_and_gets_no_new_guest(tmp_path: Path, running) -> None:
    async with (
        running(name="edge1") as one,
        running(name="edge2") as two,
        proxied(tmp_path, plan([one.port, two.port])) as proxy,
    ):
        first, second = await proxy.socket(), await proxy.socket()
        pages = [Page(first, one), Page(second, one)]
        for page in pages:
            await page.hello()
        one.edge.leaving = lambda: True
        sockets = [await proxy.socket() for _ in range(4)]
        for socket in sockets:
            await Page(socket, one).hello()
        assert (one.edge.sessions.count, two.edge.sessions.count) == (1, 5)
        for _ in range(6):
            await replica_behind(proxy)
        for page in pages:  # Both talks that were open go on, also that of the flagged edge.
            await page.send("start", mode="text", language="sv")
            await page.send("consent", granted=True, version="2026-11", scope=["transcript"])
            await page.until("question")
        for socket in (first, second, *sockets):
            await socket.close()


async def test_a_flag_fails_the_health_check_and_is_named_there(running) -> None:
    async with running() as replica, httpx.AsyncClient(base_url=replica.url) as client:
        replica.edge.leaving = lambda: True
        answer = await client.get("/health/ready")
        assert (answer.status_code, answer.json()["checks"]["replica"]) == (503, "leaving")
        assert (await client.get("/health/live")).status_code == 200
        refused = await client.get("/privacy")
        assert (refused.status_code, refused.headers[HEADER]) == (STATUS, VALUE)
        with pytest.raises(websockets.InvalidStatus) as rejected:
            await websockets.connect(replica.url.replace("http", "ws") + "/ws/v1")
        assert (rejected.value.response.status_code, rejected.value.response.headers[HEADER]) == (STATUS, VALUE)


def test_the_flag_is_a_file_of_one_replica(tmp_path: Path) -> None:
    assert not is_flagged(tmp_path, "edge1")
    flag_file(tmp_path, "edge1").touch()
    assert is_flagged(tmp_path, "edge1")
    assert not is_flagged(tmp_path, "edge2")


async def test_a_stopped_edges_guests_resume_on_the_other_through_the_proxy(tmp_path: Path, running) -> None:
    async with (
        running(name="edge2") as two,
        running(name="edge1") as one,
        proxied(tmp_path, plan([one.port, two.port])) as proxy,
    ):
        two.edge.leaving = lambda: True  # So that the first page comes to edge1.
        async with proxy.socket() as socket:
            page = Page(socket, one)
            await page.hello()
            await page.send("start", mode="text", language="sv")
            await page.send("consent", granted=True, version="2026-11", scope=["transcript"])
            await page.until("question")
            await page.send("text", text="Kaffet var kallt.")
            await page.until("ack")
            await page.until("question")
            two.edge.leaving = lambda: False
            one.server.should_exit = True
            assert await page.closed() == 1001
        async with proxy.socket() as socket:
            again = Page(socket, two)
            await again.send(
                "hello", v=1, code=one.code, language="sv", client={"browser": "Test"}, resume=page.snapshot
            )
            welcome = await again.until("welcome")
            assert welcome["resumed"]
            assert [turn["text"] for turn in welcome["turns"]] == ["Kaffet var kallt."]


async def test_while_every_edge_is_away_guests_read_a_swedish_page(tmp_path: Path, running) -> None:
    async with running() as replica:
        port = replica.port
    with running_proxy(tmp_path / "proxy", plan([port])) as proxy:
        answer = await proxy.get(GUESTS, "/c/ABC234")
    assert answer.status_code == 503
    assert "Vi är strax tillbaka" in answer.text
    assert '<html lang="sv">' in answer.text
    assert answer.headers["retry-after"] == "30"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_guest_who_comes_during_a_restart_waits_and_is_served(tmp_path: Path, running) -> None:
    async with running() as replica:
        port = replica.port
    with running_proxy(tmp_path / "proxy", plan([port])) as proxy:
        waiting = asyncio.create_task(proxy.get(GUESTS, "/privacy"))
        with answering_at(port):
            assert (await waiting).status_code == 200


@contextmanager
def answering_at(port: int) -> Iterator[None]:
    """Serve an empty page at a port, as an edge does that has come back."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Empty)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
