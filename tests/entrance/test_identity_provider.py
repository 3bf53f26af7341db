"""Signing in at a real OpenID Connect provider on loopback: only an invited, verified address gets in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
import pytest
from starlette.testclient import TestClient

from entrance.app import create_app
from pilot.settings import read_settings
from storage.home import Home, open_home
from storage.store.access import accounts, links
from tests.entrance.conftest import PAGES, ROOT, URL, is_signed_in

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
USERS = {
    "anna": {"email": "anna@example.se", "email_verified": True},
    "capital": {"email": "Anna@Example.SE", "email_verified": True},
    "unverified": {"email": "anna@example.se", "email_verified": False},
    "text": {"email": "anna@example.se", "email_verified": "true"},
    "stranger": {"email": "eve@example.se", "email_verified": True},
    "none": {"email_verified": True},
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    users = [oidc_provider_mock.User(sub=sub, claims=claims) for sub, claims in USERS.items()]
    with oidc_provider_mock.run_server_in_thread(user_claims=users) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def provided(tmp_path: Path, issuer: str) -> Iterator[Home]:
    settings = {
        "PILOT_HOME": str(tmp_path / "home"), "PILOT_CAFES_FILE": str(ROOT / "cafes.toml"),
        "PILOT_OIDC_ISSUER": issuer, "PILOT_OIDC_CLIENT_ID": "pilot", "PILOT_OIDC_CLIENT_SECRET": "secret",
    }  # fmt: skip
    home = open_home(read_settings(settings))
    accounts.invite(
        home.store(), email="anna@example.se", role="support", cafes=None, known_cafes=home.cafes().ids, actor="test"
    )
    yield home
    home.store().close()


def open_browser(home: Home) -> TestClient:
    return TestClient(create_app(home), base_url=URL, follow_redirects=False)


def at_provider(browser: TestClient, subject: str, *, wanted: str = "") -> str:
    """Begin a sign-in, choose a subject at the provider, and return the address of the way back."""
    begun = browser.post("/oidc", data={"next": wanted})
    assert begun.status_code == 302, begun.text
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["state"] and asked["nonce"]
    chosen = httpx.post(begun.headers["location"], data={"sub": subject}, trust_env=False)
    assert chosen.status_code in (302, 303), chosen.text
    return chosen.headers["location"]


@pytest.mark.parametrize("subject", ["anna", "capital"])
def test_an_invited_verified_address_gets_in(provided: Home, subject: str) -> None:
    browser = open_browser(provided)
    answer = browser.get(at_provider(browser, subject, wanted=f"{PAGES}/gasterna"))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGES}/gasterna")
    assert is_signed_in(browser)


@pytest.mark.parametrize("subject", ["unverified", "text", "stranger", "none"])
def test_others_are_refused(provided: Home, subject: str) -> None:
    browser = open_browser(provided)
    answer = browser.get(at_provider(browser, subject))
    assert answer.status_code == 403 and not is_signed_in(browser)


def test_a_revoked_account_is_refused(provided: Home) -> None:
    accounts.revoke(provided.store(), email="anna@example.se", actor="test", reason="left")
    browser = open_browser(provided)
    assert browser.get(at_provider(browser, "anna")).status_code == 403


def test_an_address_given_to_another_person_is_refused_until_it_is_invited_again(provided: Home) -> None:
    store = provided.store()
    first, second = open_browser(provided), open_browser(provided)
    assert first.get(at_provider(first, "anna")).status_code == 303
    assert second.get(at_provider(second, "capital")).status_code == 403 and not is_signed_in(second)
    accounts.revoke(store, email="anna@example.se", actor="test", reason="left")
    accounts.invite(
        store, email="anna@example.se", role="support", cafes=None, known_cafes=provided.cafes().ids, actor="test"
    )
    assert second.get(at_provider(second, "capital")).status_code == 303 and is_signed_in(second)
    assert first.get(at_provider(first, "anna")).status_code == 403 and not is_signed_in(first)


def test_the_way_back_of_another_browser_or_used_twice_signs_nobody_in(provided: Home) -> None:
    browser, other = open_browser(provided), open_browser(provided)
    back = at_provider(browser, "anna")
    assert other.get(back).status_code == 502 and not is_signed_in(other)
    assert browser.get(back).status_code == 303
    browser.post("/sign-out")
    browser.cookies.delete("pilot_sign_in") if "pilot_sign_in" in browser.cookies else None
    assert browser.get(back).status_code == 502 and not is_signed_in(browser)


@pytest.mark.parametrize(
    "change", [(r"state=[^&]+", "state=x"), (r"code=[^&]+", "code=x"), (r"\?.*", "?error=access_denied")]
)
def test_a_changed_way_back_signs_nobody_in(provided: Home, change: tuple[str, str]) -> None:
    browser = open_browser(provided)
    answer = browser.get(re.sub(*change, at_provider(browser, "anna")))
    assert answer.status_code == 502 and not is_signed_in(browser)


def test_every_page_of_the_sign_in_is_served_with_a_provider(provided: Home) -> None:
    browser = open_browser(provided)
    assert "Logga in med localhost" in browser.get("/sign-in").text
    account = accounts.find(provided.store(), "anna@example.se")
    assert account is not None
    token = links.make(provided.store(), account, kind="invitation", actor="test")
    assert "Logga in med localhost" in browser.get(f"/invitation?token={token}").text


def test_a_provider_that_does_not_answer_is_said_to(provided: Home, tmp_path: Path) -> None:
    gone = provided.settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:9"})
    browser = open_browser(Home(settings=gone, root=provided.root, kind="real"))
    assert browser.post("/oidc", data={}).status_code == 502
