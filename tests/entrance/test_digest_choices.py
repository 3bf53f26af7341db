"""The digest is stopped by the letter's signed link only, and chosen on the page of the own account."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from operations.digest.subscription_link import SubscriptionLink
from storage.home import Home
from storage.store import audit
from storage.store.access.preferences import Preferences, preferences_of
from tests.entrance.conftest import URL, Invite, sign_in, with_password

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def link_of(home: Home, account_id: str) -> str:
    return SubscriptionLink(home.secret(), entrance_url=URL).of(account_id)


def gets_it(home: Home, account_id: str) -> bool:
    return preferences_of(home.store(), account_id).digest


def test_opening_the_link_stops_nothing(home: Home, browser: TestClient, invite: Invite) -> None:
    account = invite()
    answer = browser.get(link_of(home, account.id))
    assert answer.status_code == 200
    assert "anna@example.se" in answer.text and "<button>Sluta få brevet</button>" in answer.text
    assert gets_it(home, account.id)
    assert browser.head(link_of(home, account.id)).status_code == 200
    assert gets_it(home, account.id)


@pytest.mark.parametrize("data", [ONE_CLICK, {}], ids=["one click", "the page's button"])
def test_posting_the_link_stops_the_digest_without_a_sign_in(
    data: dict[str, str], home: Home, browser: TestClient, invite: Invite
) -> None:
    account, other = invite(), invite("bo@example.se")
    answer = browser.post(link_of(home, account.id), data=data)
    assert answer.status_code == 200  # RFC 8058: never a redirect
    assert (gets_it(home, account.id), gets_it(home, other.id)) == (False, True)
    entry = audit.recent(home.store(), 1)[0]
    assert (entry.action, entry.actor, entry.reason) == ("account.preferences", "anna@example.se", "link")
    browser.post(link_of(home, account.id), data=data)
    assert audit.recent(home.store(), 2)[1].action != "account.preferences"
    assert "set-cookie" not in answer.headers


def test_a_button_pressed_on_the_page_stops_the_digest(home: Home, browser: TestClient, invite: Invite) -> None:
    account = invite()
    form = browser.get(link_of(home, account.id)).text
    action = form.split('action="')[1].split('"')[0].replace("&amp;", "&")
    assert browser.post(action, headers={"Origin": URL, "Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert not gets_it(home, account.id)


@pytest.mark.parametrize("forge", ["no token", "other account", "cut", "other key", "empty account", "odd letters"])
def test_a_forged_link_stops_nothing(forge: str, home: Home, browser: TestClient, invite: Invite) -> None:
    account, other = invite(), invite("bo@example.se")
    right = link_of(home, account.id)
    path = {
        "no token": "/digest/unsubscribe",
        "other account": right.replace(account.id, other.id),
        "cut": right[:-1],
        "other key": SubscriptionLink(b"y" * 32, entrance_url=URL).of(account.id),
        "empty account": SubscriptionLink(home.secret(), entrance_url=URL).of(""),
        "odd letters": "/digest/unsubscribe?t=å.%00\ud800".encode("utf-8", "replace").decode(),
    }[forge]
    for answer in (browser.get(path), browser.post(path, data=ONE_CLICK)):
        assert answer.status_code == 404
        assert "@" not in answer.text
    assert gets_it(home, account.id) and gets_it(home, other.id)


def test_guessing_links_is_limited(browser: TestClient) -> None:
    answers = {browser.post(f"/digest/unsubscribe?t=x.{number}").status_code for number in range(45)}
    assert answers == {404, 429}


def test_another_sites_page_cannot_press_the_button(home: Home, browser: TestClient, invite: Invite) -> None:
    account = invite()
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert browser.post(link_of(home, account.id), headers=foreign).status_code == 403
    assert gets_it(home, account.id)


def test_the_own_account_stops_the_digest_and_starts_it_again(home: Home, browser: TestClient, invite: Invite) -> None:
    account = invite()
    with_password(home, account, browser)
    sign_in(browser)
    assert "varje måndag klockan 6" in browser.get("/account").text
    assert "Sparat." in browser.post("/digest", data={"language": "en"}).text
    assert preferences_of(home.store(), account.id) == Preferences("en", True)
    assert "Du får inget måndagsbrev." in browser.post("/digest", data={"digest": "stop", "language": "en"}).text
    assert preferences_of(home.store(), account.id) == Preferences("en", False)
    browser.post("/digest", data={"digest": "start"})
    assert preferences_of(home.store(), account.id) == Preferences("en", True)


@pytest.mark.parametrize("data", [{"language": "de"}, {"digest": "maybe"}, {}])
def test_an_unknown_choice_changes_nothing(
    data: dict[str, str], home: Home, browser: TestClient, invite: Invite
) -> None:
    account = invite()
    with_password(home, account, browser)
    sign_in(browser)
    assert browser.post("/digest", data=data).status_code == 200
    assert preferences_of(home.store(), account.id) == Preferences()


def test_nobody_chooses_without_a_sign_in(browser: TestClient, invite: Invite) -> None:
    invite()
    answer = browser.post("/digest", data={"digest": "stop"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_an_account_that_is_no_manager_has_no_digest_to_choose(home: Home, browser: TestClient, invite: Invite) -> None:
    with_password(home, invite(role="support", cafes=()), browser)
    sign_in(browser)
    assert "åndagsbrevet" not in browser.get("/account").text
