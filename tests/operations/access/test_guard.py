"""The guard: nobody who is not signed in gets through, and an open WebSocket ends with its sign-in."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from operations.access import guard as guarding
from operations.access.cookie import LOOPBACK_NAME, SECURE_NAME
from operations.access.guard import entrance_for, guard, principal_of
from pilot.access import OF_ROLE, ROLES, Role
from pilot.settings import read_settings
from storage.errors import StoreAway
from storage.home import Home, open_home
from storage.store.access import accounts, sign_ins
from storage.store.engine import Store

URL = "http://127.0.0.1:8501"
ENTRANCE = "http://127.0.0.1:8500"
HTML = {"Accept": "text/html"}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = open_home(read_settings({"PILOT_HOME": str(tmp_path / "home")}))
    yield home
    home.store().close()


def sign_in(store: Store, role: Role = "admin", *, cafes: tuple[str, ...] = ()) -> str:
    account = accounts.invite(
        store, email=f"{role}@example.se", role=role, cafes=cafes or None, known_cafes=("aurora",), actor="test"
    )
    return sign_ins.begin(store, account, method="password")


def served(home: Home, *, permission=None, open_store=None, base_url: str = URL) -> TestClient:
    async def page(request: Request) -> PlainTextResponse:
        principal = principal_of(request)
        return PlainTextResponse("program" if principal is None else principal.email)

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                await websocket.send_text(await websocket.receive_text())

    app = Starlette(
        routes=[Route("/{path:path}", page, methods=["GET", "POST"]), WebSocketRoute("/stream", socket)],
        middleware=guard(
            open_store or home.store,
            entrance_url=ENTRANCE,
            permission=permission,
            health="/health",
            program=lambda connection: connection.headers.get("x-program") == "right",
        ),
    )
    return TestClient(app, base_url=base_url, follow_redirects=False)


def cookie(token: str, name: str = LOOPBACK_NAME) -> dict[str, str]:
    return {"Cookie": f"{name}={token}"}


def test_a_browser_without_a_sign_in_is_led_to_it_and_back(home: Home) -> None:
    answer = served(home).get("/gasterna?kafe=aurora", headers=HTML)
    assert answer.status_code == 303
    expected = f"{ENTRANCE}/sign-in?next=http%3A%2F%2F127.0.0.1%3A8501%2Fgasterna%3Fkafe%3Daurora"
    assert answer.headers["location"] == expected


@pytest.mark.parametrize("headers", [{}, {"Accept": "application/json"}, {**HTML, "Sec-Fetch-Mode": "cors"}])
def test_a_program_or_a_script_without_a_sign_in_gets_a_status(home: Home, headers: dict[str, str]) -> None:
    assert served(home).get("/", headers=headers).status_code == 401
    assert served(home).post("/", headers=HTML).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "0" * 43, "å", "../../", "a" * 5000])
def test_a_forged_token_is_nobodys(home: Home, token: str) -> None:
    sign_in(home.store())
    headers = {"Cookie": f"{LOOPBACK_NAME}={token}".encode()}
    assert served(home).get("/", headers=headers).status_code == 401


def test_a_signed_in_account_is_let_through_with_its_name(home: Home) -> None:
    answer = served(home).get("/", headers=cookie(sign_in(home.store())))
    assert (answer.status_code, answer.text) == (200, "admin@example.se")


def test_over_https_only_the_secure_cookie_counts(home: Home) -> None:
    token, secure = sign_in(home.store()), "https://127.0.0.1:8501"
    assert served(home, base_url=secure).get("/", headers=cookie(token)).status_code == 401
    assert served(home, base_url=secure).get("/", headers=cookie(token, SECURE_NAME)).status_code == 200


@pytest.mark.parametrize("role", ROLES)
def test_a_role_without_the_permission_is_refused(home: Home, role: Role) -> None:
    token = sign_in(home.store(), role, cafes=("aurora",) if role == "manager" else ())
    expected = 200 if "dagster" in OF_ROLE[role] else 403
    assert served(home, permission="dagster").get("/", headers=cookie(token)).status_code == expected


def test_a_sign_in_ends_after_a_day_without_a_request_or_after_thirty(home: Home) -> None:
    store, now = home.store(), [datetime(2026, 11, 23, 8, tzinfo=UTC)]
    store.now = lambda: now[0]
    client, token = served(home), sign_in(store)
    for _ in range(31):
        assert client.get("/", headers=cookie(token)).status_code == 200
        now[0] += timedelta(hours=23)
    assert client.get("/", headers=cookie(token)).status_code == 200  # 29.7 days
    now[0] += timedelta(hours=8)
    assert client.get("/", headers=cookie(token)).status_code == 401  # 30.04 days
    idle = sign_in(store)
    now[0] += timedelta(days=1, minutes=1)
    assert client.get("/", headers=cookie(idle)).status_code == 401


def test_a_revoked_account_and_an_ended_sign_in_are_refused_at_once(home: Home) -> None:
    store, client = home.store(), served(home)
    ended, revoked = sign_in(store), sign_in(store, "data")
    sign_ins.end(store, ended)
    accounts.revoke(store, email="data@example.se", actor="test", reason="left")
    assert client.get("/", headers=cookie(ended)).status_code == 401
    assert client.get("/", headers=cookie(revoked)).status_code == 401


def test_nothing_is_shown_while_the_store_does_not_answer(home: Home) -> None:
    token = sign_in(home.store())

    def away() -> Store:
        raise StoreAway("away", remedy="wait")

    assert served(home, open_store=away).get("/", headers=cookie(token)).status_code == 503


def test_health_answers_everybody_and_nothing_else_does(home: Home) -> None:
    client = served(home)
    assert client.get("/health").text == "ok\n"
    for path in ("/health/", "/health/x", "//health", "/Health", "/health;x"):
        assert client.get(path).status_code in (401, 404), path


def test_a_program_of_the_home_is_let_through(home: Home) -> None:
    assert served(home).get("/", headers={"X-Program": "right"}).text == "program"
    assert served(home).get("/", headers={"X-Program": "wrong"}).status_code == 401


def test_an_open_page_asks_whether_its_access_is_the_same(home: Home) -> None:
    store, client = home.store(), served(home)
    token = sign_in(store, "manager", cafes=("aurora",))
    before = client.get("/signed-in", headers=cookie(token)).json()
    accounts.invite(
        store, email="manager@example.se", role="support", cafes=None, known_cafes=("aurora",), actor="test"
    )
    after = client.get("/signed-in", headers=cookie(token)).json()
    assert before["signed_in"] and after["signed_in"] and before["version"] != after["version"]
    assert client.get("/signed-in").status_code == 401


@pytest.mark.parametrize("headers", [{}, cookie("x")])
def test_a_websocket_without_a_sign_in_is_never_accepted(home: Home, headers: dict[str, str]) -> None:
    with pytest.raises(Exception) as refused, served(home).websocket_connect("/stream", headers=headers):
        pass
    assert getattr(refused.value, "status_code", None) == 401 or isinstance(refused.value, WebSocketDisconnect)


@pytest.mark.parametrize("change", ["revoked", "ended", "cafes"])
def test_an_open_websocket_is_closed_when_its_access_changes(home: Home, monkeypatch, change: str) -> None:
    monkeypatch.setattr(guarding, "CHECK_SECONDS", 0.02)
    store = home.store()
    token = sign_in(store, "support")
    with served(home).websocket_connect("/stream", headers=cookie(token)) as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "hello"
        if change == "revoked":
            accounts.revoke(store, email="support@example.se", actor="test", reason="left")
        elif change == "ended":
            sign_ins.end(store, token)
        else:
            accounts.invite(
                store, email="support@example.se", role="support", cafes=["aurora"], known_cafes=("aurora",),
                actor="test",
            )  # fmt: skip
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
        assert closed.value.code == guarding.CLOSED


def test_an_open_websocket_lasts_while_the_store_is_away(home: Home, monkeypatch) -> None:
    monkeypatch.setattr(guarding, "CHECK_SECONDS", 0.01)
    calls, store, token = threading.Event(), home.store(), sign_in(home.store())
    counted = [0]

    def sometimes() -> Store:
        counted[0] += 1
        if counted[0] > 3:
            calls.set()
            raise StoreAway("away", remedy="wait")
        return store

    with served(home, open_store=sometimes).websocket_connect("/stream", headers=cookie(token)) as socket:
        while not calls.is_set():
            socket.send_text("still")
            assert socket.receive_text() == "still"


@pytest.mark.parametrize(
    ("host", "entrance"), [("127.0.0.1", ENTRANCE), ("localhost", "http://localhost:8500"), ("evil.example", ENTRANCE)]
)
def test_the_entrance_is_named_as_the_reader_named_the_page(host: str, entrance: str) -> None:
    scope = {
        "type": "http", "scheme": "http", "path": "/", "query_string": b"",
        "headers": [(b"host", f"{host}:8501".encode())], "server": (host, 8501),
    }  # fmt: skip
    assert entrance_for(HTTPConnection(scope), ENTRANCE) == entrance
