"""The access test: opens every page as every account, as nobody, and with an ended sign-in, over HTTP."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from typing import Any, Literal

import httpx
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from operations.access.cookie import LOOPBACK_NAME
from pilot.access import Permission, Principal
from pilot.errors import PilotError
from pilot.lake_tables.tables import SESSIONS
from storage.home import Home
from storage.store import audit
from storage.store.access import accounts, sign_ins
from storage.store.access.accounts import Account
from storage.store.access.tokens import TOKEN_BYTES

Answer = Literal["shown", "sign-in", "refused", "unexpected"]

SECONDS = 10.0
SOCKET = "WEBSOCKET"
# Each address with its method, the permission that it needs (None for any account), and the statuses of a page shown.
PAGES: tuple[tuple[str, str, str, Permission | None, tuple[int, ...]], ...] = (
    ("dashboards", "GET", "/", None, (200,)),
    ("dashboards", "GET", "/_stcore/host-config", None, (200,)),
    ("dashboards", "GET", "/media/unknown.csv", None, (404,)),
    ("dashboards", "POST", "/_stcore/upload_file/x/y", None, (403, 404, 405)),
    ("dashboards", SOCKET, "/_stcore/stream", None, (101,)),
    ("dagster", "GET", "/", "dagster", (200,)),
    ("dagster", "GET", "/server_info", "dagster", (200,)),
    ("dagster", "POST", "/graphql", "dagster", (200,)),
    ("dagster", "POST", "/report_asset_check/none", "dagster.change", (400, 404, 500)),
    ("dagster", SOCKET, "/graphql", "dagster", (101,)),
    ("entrance", "GET", "/check/monitoring", "monitoring", (204,)),
)
QUERY = {"query": "{ version }"}


class PagesAway(PilotError):
    """The pages do not answer."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to open a page.

    Attributes:
        who: The account's address, "nobody" or "ended sign-in".
        page: The page.
        expected: The answer that it must give.
        found: The answer that it gave.
    """

    who: str
    page: str
    expected: Answer
    found: Answer

    @property
    def is_right(self) -> bool:
        """Return whether the answer was the expected one."""
        return self.expected == self.found

    def as_data(self) -> dict[str, Any]:
        """Return the attempt as JSON data."""
        return {**asdict(self), "right": self.is_right}


def test_access(home: Home, *, actor: str) -> list[Attempt]:
    """Make every attempt and record the result in the audit log.

    Raises:
        PagesAway: the pilot does not run.
    """
    store = home.store()
    found: list[Attempt] = []
    own = secrets.token_urlsafe(TOKEN_BYTES)
    with httpx.Client(timeout=SECONDS, trust_env=False, follow_redirects=False) as client:
        found += _attempts(home, client, who="nobody", token="", principal=None)
        found += _attempts(home, client, who="a forged cookie", token=own, principal=None)
        for account in accounts.every(store):
            token = sign_ins.begin(store, account, method="test", actor=actor)
            if token is None:
                continue  # Revoked: no sign-in can begin.
            try:
                found += _attempts(home, client, who=account.email, token=token, principal=account.principal)
            finally:
                sign_ins.end(store, token)
            found += _attempts(home, client, who=f"{account.email}, signed out", token=token, principal=None)
            found.append(_rows(home, account))
    with store.begin() as connection:
        audit.record(
            connection, actor=actor, action="account.access_test", subject="pages",
            reason="passed" if all(each.is_right for each in found) else "failed",
            details={"attempts": len(found), "wrong": [each.as_data() for each in found if not each.is_right]},
        )  # fmt: skip
    return found


def _rows(home: Home, account: Account) -> Attempt:
    """Return whether the lake as this account reads it has rows of its cafés only."""
    seen: Answer = "shown"
    with home.lake().snapshot(SESSIONS, cafes=account.cafes) as snapshot:
        cafes = set(snapshot.sql("SELECT DISTINCT cafe FROM sessions")["cafe"])
    if account.cafes is not None and not cafes <= account.cafes:
        seen = "unexpected"
    return Attempt(account.email, "rows of its cafés only", "shown", seen)


def _attempts(home: Home, client: httpx.Client, *, who: str, token: str, principal: Principal | None) -> list[Attempt]:
    settings = home.settings
    ports = {
        "dashboards": settings.dashboards_port,
        "dagster": settings.dagster_port,
        "entrance": settings.entrance_port,
    }
    headers = {"Cookie": f"{LOOPBACK_NAME}={token}"} if token else {}
    done = []
    for server, method, path, permission, shown in PAGES:
        expected: Answer = "sign-in"
        if principal is not None:
            expected = "shown" if permission is None or principal.may(permission) else "refused"
        url = f"http://127.0.0.1:{ports[server]}"
        try:
            status = _status(client, method, url, path, headers=headers)
        except (httpx.HTTPError, OSError) as error:
            raise PagesAway(
                f"The {server} do not answer on port {ports[server]} ({type(error).__name__}).",
                remedy="Start the pilot: `pilot run`, then run this again.",
                retryable=True,
            ) from None
        done.append(Attempt(who, f"{server} {method} {path}", expected, _answer(status, shown=shown)))
    return done


def _status(client: httpx.Client, method: str, url: str, path: str, *, headers: dict[str, str]) -> int:
    if method != SOCKET:
        body = QUERY if path == "/graphql" else None
        return client.request(method, f"{url}{path}", headers={**headers, "Origin": url}, json=body).status_code
    try:
        with connect(
            url.replace("http", "ws", 1) + path, origin=Origin(url), additional_headers=headers, proxy=None,
            subprotocols=[Subprotocol("graphql-ws" if path == "/graphql" else "streamlit")], open_timeout=SECONDS,
        ):  # fmt: skip
            return 101
    except InvalidStatus as error:
        return error.response.status_code


def _answer(status: int, *, shown: tuple[int, ...]) -> Answer:
    if status == 401:
        return "sign-in"
    if status in shown:
        return "shown"
    return "refused" if status == 403 else "unexpected"
