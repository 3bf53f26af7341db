"""The gate: only Dagster's own page and local programs pass, and nobody else's page."""

from __future__ import annotations

import pytest
from starlette.requests import HTTPConnection

from operations.dagster_page import webserver
from operations.dagster_page.webserver import read_only_reason
from operations.gate import foreign_reason

OWN = "http://127.0.0.1:3000"


def connection(kind: str = "http", *, method: str = "GET", path: str = "/graphql", **headers: str) -> HTTPConnection:
    raw = {"host": "127.0.0.1:3000", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return HTTPConnection(
        {
            "type": kind,
            "path": path,
            "query_string": b"",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in raw.items()],
            **({"method": method} if kind == "http" else {}),
        }
    )


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "",
        "file://",
        "http://127.0.0.1",
        "http://127.0.0.1:8000",
        "http://localhost:3000",
        "http://127.0.0.1:3000.evil.example",
        "http://127.0.0.1:3000@evil.example",
        "http://evil.example/127.0.0.1:3000",
        "ftp://127.0.0.1:3000",
        "http://[127.0.0.1:3000",
        "http://127.0.0.1:3000, http://evil.example",
        "chrome-extension://abc",
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_foreign_origin_is_refused(origin: str, kind: str) -> None:
    assert foreign_reason(connection(kind, method="POST", origin=origin))


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_browsers_request_from_elsewhere_is_refused_without_an_origin(method: str, site: str) -> None:
    headers = {"sec_fetch_site": site, "sec_fetch_mode": "no-cors"}
    assert foreign_reason(connection(method=method, **headers))


@pytest.mark.parametrize(
    "allowed",
    [
        connection(path="/", sec_fetch_site="cross-site", sec_fetch_mode="navigate"),  # a link on another site
        connection(path="/", sec_fetch_site="none", sec_fetch_mode="navigate"),
        connection(method="POST", origin=OWN, sec_fetch_site="same-origin"),
        connection(method="POST", origin="HTTP://127.0.0.1:3000"),
        connection(method="POST"),  # a local program; GraphQL's mutations are refused later
        connection(path="/server_info"),
        connection("websocket", origin=OWN),
    ],
)
def test_the_own_page_and_local_programs_pass(allowed: HTTPConnection) -> None:
    assert foreign_reason(allowed) == ""


def test_a_websocket_without_an_origin_is_refused() -> None:
    assert "Origin" in foreign_reason(connection("websocket"))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_dagsters_other_addresses_take_changes_only_from_those_who_may(method: str, monkeypatch) -> None:
    reporting = connection(method=method, path="/report_asset_check/numbers")
    assert "read-only" in read_only_reason(reporting)
    monkeypatch.setattr(webserver, "is_program", lambda _: True)
    assert read_only_reason(reporting) == ""
