"""The access test: opens every page as every account, as nobody, and with an ended sign-in, over HTTP."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import httpx

from operations.access.cookie import LOOPBACK_NAME
from pilot.access import Permission, Principal
from pilot.errors import PilotError
from storage.home import Home
from storage.store import audit
from storage.store.access import accounts, sign_ins

Answer = Literal["shown", "sign-in", "refused", "unexpected"]

SECONDS = 10.0
# Each page with the permission that it needs; None for any account.
PAGES: tuple[tuple[str, str, Permission | None], ...] = (
    ("dashboards", "/", None),
    ("dashboards", "/_stcore/host-config", None),
    ("dagster", "/", "dagster"),
    ("dagster", "/server_info", "dagster"),
    ("dagster", "/graphql", "dagster"),
)


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
    with httpx.Client(timeout=SECONDS, trust_env=False, follow_redirects=False) as client:
        found += _attempts(home, client, who="nobody", token="", principal=None)
        for account in accounts.every(store):
            if account.revoked_at is not None:
                continue
            token = sign_ins.begin(store, account, method="link")
            try:
                found += _attempts(home, client, who=account.email, token=token, principal=account.principal)
            finally:
                sign_ins.end(store, token)
            if not any(each.who == "ended sign-in" for each in found):
                found += _attempts(home, client, who="ended sign-in", token=token, principal=None)
    with store.begin() as connection:
        audit.record(
            connection, actor=actor, action="account.access_test", subject="pages",
            reason="passed" if all(each.is_right for each in found) else "failed",
            details={"attempts": len(found), "wrong": [each.as_data() for each in found if not each.is_right]},
        )  # fmt: skip
    return found


def _attempts(home: Home, client: httpx.Client, *, who: str, token: str, principal: Principal | None) -> list[Attempt]:
    ports = {"dashboards": home.settings.dashboards_port, "dagster": home.settings.dagster_port}
    headers = {"Cookie": f"{LOOPBACK_NAME}={token}"} if token else {}
    done = []
    for server, path, permission in PAGES:
        expected: Answer = "sign-in"
        if principal is not None:
            expected = "shown" if permission is None or principal.may(permission) else "refused"
        try:
            answer = client.get(f"http://127.0.0.1:{ports[server]}{path}", headers=headers)
        except httpx.HTTPError as error:
            raise PagesAway(
                f"The {server} do not answer on port {ports[server]} ({type(error).__name__}).",
                remedy="Start the pilot: `pilot run`, then run this again.",
                retryable=True,
            ) from None
        done.append(Attempt(who, f"{server} {path}", expected, _answer(answer)))
    return done


def _answer(answer: httpx.Response) -> Answer:
    if answer.status_code == 401 or (answer.status_code == 303 and "/sign-in" in answer.headers.get("location", "")):
        return "sign-in"
    if answer.status_code == 403:
        return "refused"
    # Dagster answers a query without text with 400: it was let through.
    return "shown" if answer.status_code in (200, 400, 405) else "unexpected"
