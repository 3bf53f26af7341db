"""The operators' host behind the real proxy: sign-in first, and sessions on one replica."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn

from entrance.app import create_app
from operations.access.cookie import SECURE_NAME
from pilot.settings import Settings
from storage.home import Home, open_home
from storage.store.access import accounts, sign_ins
from tests.answering import Answer, Answering, answering
from tests.proxy import CHECKOUT, STAFF, Proxy, plan, running_proxy
from tests.waiting import until

GUARDED = ("prometheus", "alertmanager", "grafana")
PAGE = Answer(body=b"figures")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(
        Settings(
            home=tmp_path / "home",
            cafes_file=CHECKOUT / "cafes.toml",
            entrance_url=f"https://{STAFF}",
            pages_url=f"https://{STAFF}",
            dagster_url=f"https://{STAFF}/dagster",
        )
    )


@contextmanager
def running_entrance(home: Home) -> Iterator[int]:
    """Serve the real sign-in on a free port."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(home), port=0, log_level="error", forwarded_allow_ips="127.0.0.1", access_log=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started, what="the sign-in")
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


@asynccontextmanager
async def staff_host(tmp_path: Path, home: Home) -> AsyncIterator[tuple[Proxy, Answering]]:
    """Serve the host with the real sign-in, and a stand-in for the pages of monitoring."""
    paths = {f"/{name}/graph": PAGE for name in GUARDED}
    with answering(paths) as pages, running_entrance(home) as entrance:
        planned = plan(
            [1],
            entrance=f"127.0.0.1:{entrance}",
            monitoring=tuple((name, f"127.0.0.1:{pages.port}") for name in GUARDED),
        )
        with running_proxy(tmp_path / "proxy", planned) as proxy:
            yield proxy, pages


def signed_in(home: Home, role: str) -> dict[str, str]:
    """Return the cookie of a new account."""
    account = accounts.invite(
        home.store(), email=f"{role}@example.se", role=role, cafes=("aurora",) if role == "manager" else None,
        known_cafes=home.cafes().ids, actor="test",
    )  # fmt: skip
    return {"Cookie": f"{SECURE_NAME}={sign_ins.begin(home.store(), account, method='link')}"}


@pytest.mark.parametrize("name", GUARDED)
async def test_monitoring_asks_for_a_sign_in_and_then_shows_the_page(tmp_path: Path, home: Home, name: str) -> None:
    async with staff_host(tmp_path, home) as (proxy, pages):
        asked = await proxy.get(STAFF, f"/{name}/graph")
        assert asked.status_code == 302
        target = urlsplit(asked.headers["location"])
        assert (target.netloc, target.path) == (STAFF, "/sign-in")
        assert parse_qs(target.query)["next"] == [f"https://{STAFF}/{name}/graph"]
        assert pages.requests == []

        shown = await proxy.get(STAFF, f"/{name}/graph", **await asyncio.to_thread(signed_in, home, "support"))
        assert (shown.status_code, shown.text) == (200, "figures")
        ((_, _, headers),) = pages.requests
        assert (headers["Remote-User"], headers["Remote-Role"]) == ("support@example.se", "support")


async def test_a_manager_sees_no_monitoring(tmp_path: Path, home: Home) -> None:
    async with staff_host(tmp_path, home) as (proxy, pages):
        refused = await proxy.get(STAFF, "/grafana/graph", **await asyncio.to_thread(signed_in, home, "manager"))
    assert (refused.status_code, pages.requests) == (403, [])


async def test_nobody_names_an_account_by_a_header_of_their_own(tmp_path: Path, home: Home) -> None:
    forged = {"Remote-User": "admin@example.se", "Remote-Role": "admin"}
    async with staff_host(tmp_path, home) as (proxy, pages):
        assert (await proxy.get(STAFF, "/grafana/graph", **forged)).status_code == 302
        own = await asyncio.to_thread(signed_in, home, "support")
        await proxy.get(STAFF, "/grafana/graph", **forged, **own)
        ((_, _, headers),) = pages.requests
    assert headers["Remote-User"] == "support@example.se"


async def test_the_status_page_and_the_sign_in_answer_everybody(tmp_path: Path, home: Home) -> None:
    from operations.status_page.build import rebuild

    await asyncio.to_thread(rebuild, home)
    async with staff_host(tmp_path, home) as (proxy, _):
        status, form = await proxy.get(STAFF, "/status/"), await proxy.get(STAFF, "/sign-in")
    assert status.status_code == form.status_code == 200
    assert "<form" in form.text
    assert form.headers["strict-transport-security"]


async def test_a_readers_pages_stay_on_one_replica_until_it_is_away(tmp_path: Path) -> None:
    with (
        answering({"/": Answer(body=b"one")}) as one,
        answering({"/": Answer(body=b"two")}) as two,
        running_proxy(tmp_path / "proxy", plan([1], dashboards=[one.port, two.port])) as proxy,
    ):
        url = f"https://127.0.0.1:{proxy.plan.https_port}/"
        where = {"headers": {"Host": STAFF}, "extensions": {"sni_hostname": STAFF}}
        first: list[str] = []
        for _ in range(8):  # Eight readers, who come for the first time.
            async with httpx.AsyncClient(verify=proxy.trust, trust_env=False) as reader:
                answer = await reader.get(url, **where)
                cookie = answer.headers["set-cookie"].partition(";")[0]
                first.append(answer.text)
                for _ in range(3):
                    where_now = {**where, "headers": {"Host": STAFF, "Cookie": cookie}}
                    assert (await reader.get(url, **where_now)).text == answer.text
        assert set(first) == {"one", "two"}
