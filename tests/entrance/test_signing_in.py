"""Signing in by password, by link and by invitation; who must not get in, does not."""

from __future__ import annotations

import asyncio
import re
from collections import Counter

import httpx
import pytest
from starlette.testclient import TestClient

from entrance import attempts
from entrance.known_browser import COOKIE
from entrance.passwords import AT_ONCE, LONGEST, MOST_WAITING, SHORTEST, PasswordHasher, Passwords, TooBusy, fault
from operations.access.cookie import LOOPBACK_NAME
from operations.access.first_sign_in import first_link
from storage.home import Home
from storage.store import audit
from storage.store.access import accounts, links, sign_ins
from storage.store.access.preferences import choose, preferences_of
from tests.entrance.conftest import PAGES, PASSWORD, URL, Invite, is_signed_in, sign_in, with_password


def use(browser: TestClient, link: str):
    return browser.post("/link", data={"token": link.rpartition("=")[2]})


def test_the_first_administrators_link_signs_in_once(home: Home, browser: TestClient) -> None:
    link = first_link(home, actor="test")
    for method in ("GET", "HEAD", "GET"):  # A mail program opens the link in advance.
        assert browser.request(method, link).status_code == 200
        assert not is_signed_in(browser)
    opened = use(browser, link)
    assert (opened.status_code, opened.headers["location"]) == (303, PAGES)
    assert is_signed_in(browser)
    browser.cookies.clear()
    assert browser.get(link).status_code == 410
    assert use(browser, link).status_code == 410
    assert not is_signed_in(browser)


def test_another_sites_link_replaces_no_sign_in(home: Home, browser: TestClient, invite: Invite) -> None:
    with_password(home, invite(), browser)
    sign_in(browser)
    link = first_link(home, actor="attacker")
    browser.get(link, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"})
    assert "anna@example.se" in browser.get("/account").text


def test_a_cookie_is_http_only_lax_and_host_only(home: Home, browser: TestClient) -> None:
    cookie = use(browser, first_link(home, actor="test")).headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "path=/;" in cookie + ";"
    assert "domain" not in cookie and "secure" not in cookie  # HTTP on loopback


def test_over_https_the_cookie_is_secure_and_bound_to_its_host(home: Home) -> None:
    from entrance.app import create_app

    browser = TestClient(create_app(home), base_url="https://127.0.0.1:8500", follow_redirects=False)
    cookie = use(browser, first_link(home, actor="test")).headers["set-cookie"]
    assert cookie.startswith("__Host-pilot_sign_in=") and "Secure" in cookie


def test_an_invited_person_chooses_a_password_and_signs_in_with_it(
    home: Home, browser: TestClient, invite: Invite
) -> None:
    token = links.make(home.store(), invite(), kind="invitation", actor="test")
    for _ in range(2):  # A mail program opens the link in advance.
        assert "anna@example.se" in browser.get(f"/invitation?token={token}").text
    assert browser.post("/invitation", data={"token": token, "password": PASSWORD}).status_code == 303
    assert is_signed_in(browser)
    browser.post("/sign-out")
    assert not is_signed_in(browser)
    assert sign_in(browser, email=" ANNA@example.se ").status_code == 303
    assert is_signed_in(browser)
    assert browser.post("/invitation", data={"token": token, "password": PASSWORD}).status_code == 410


@pytest.mark.parametrize(("chosen", "browsers", "mail"), [("", "sv", "sv"), ("en", "sv", "en"), ("", "en-GB,en", "en")])
def test_the_letters_are_in_the_language_of_the_first_sign_in(
    home: Home, browser: TestClient, invite: Invite, chosen: str, browsers: str, mail: str
) -> None:
    account = invite()
    token = links.make(home.store(), account, kind="invitation", actor="test")
    browser.headers["accept-language"] = browsers
    browser.get(f"/invitation?token={token}{f'&lang={chosen}' if chosen else ''}")
    assert browser.post("/invitation", data={"token": token, "password": PASSWORD}).status_code == 303
    assert preferences_of(home.store(), account.id).language == mail


def test_a_language_that_was_chosen_for_letters_is_left(home: Home, browser: TestClient, invite: Invite) -> None:
    account = invite()
    choose(home.store(), account.id, language="sv", reason="page")
    token = links.make(home.store(), account, kind="invitation", actor="test")
    browser.get(f"/invitation?token={token}&lang=en")
    assert browser.post("/invitation", data={"token": token, "password": PASSWORD}).status_code == 303
    assert preferences_of(home.store(), account.id).language == "sv"


@pytest.mark.parametrize("password", ["", "kort", "a" * SHORTEST, "anna anna anna anna 12", "x" * (LONGEST + 1)])
def test_a_weak_password_is_refused_and_the_invitation_stays_valid(
    home: Home, browser: TestClient, invite: Invite, password: str
) -> None:
    token = links.make(home.store(), invite(), kind="invitation", actor="test")
    answer = browser.post("/invitation", data={"token": token, "password": password})
    assert answer.status_code == 400 and 'role="alert"' in answer.text
    assert links.find(home.store(), token) is not None


def test_the_fault_of_a_password_is_named() -> None:
    given = {"kort": "too_short", "a" * 40: "too_simple", "x" * 201: "too_long", PASSWORD: ""}
    assert {password: fault(password, email="anna@x.se") for password in given} == given


def test_a_wrong_password_an_unknown_and_a_revoked_account_answer_alike(
    home: Home, browser: TestClient, invite: Invite
) -> None:
    with_password(home, invite(), browser)
    with_password(home, invite("gone@example.se"), browser)
    invite("never@example.se")
    accounts.revoke(home.store(), email="gone@example.se", actor="test", reason="left")
    tries = [("anna@example.se", "wrong password here"), ("gone@example.se", PASSWORD), ("never@example.se", PASSWORD),
             ("never@example.se", ""), ("nobody@example.se", PASSWORD), ("no address", PASSWORD), ("", "")]  # fmt: skip
    answers = [sign_in(browser, email, password) for email, password in tries]
    assert {answer.status_code for answer in answers} == {401}
    texts = {re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}
    assert len(texts) == 1
    assert not is_signed_in(browser)


def test_passwords_are_hashed_by_argon2id_with_the_librarys_cost(home: Home) -> None:
    hasher = PasswordHasher()
    assert hasher.hash("x").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert AT_ONCE * 64 <= 256  # MiB


def test_after_failures_even_the_right_password_waits_at_that_network_only(
    home: Home, browser: TestClient, invite: Invite
) -> None:
    from entrance.app import create_app

    with_password(home, invite(), browser)
    for _ in range(attempts.PER_PAIR.amount):
        assert sign_in(browser, password="wrong wrong wrong").status_code == 401
    assert sign_in(browser).status_code == 429
    elsewhere = TestClient(create_app(home), base_url=URL, client=("192.0.2.7", 5), follow_redirects=False)
    assert sign_in(elsewhere).status_code == 303


async def test_concurrent_guesses_do_not_slip_past_the_limit(home: Home, browser: TestClient, invite: Invite) -> None:
    from entrance.app import create_app

    with_password(home, invite(), browser)
    transport = httpx.ASGITransport(create_app(home), client=("192.0.2.9", 1))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        form = {"email": "anna@example.se", "password": "wrong wrong wrong", "next": ""}
        answers = await asyncio.gather(*(client.post("/sign-in", data=form) for _ in range(40)))
    codes = Counter(answer.status_code for answer in answers)
    assert codes[401] <= attempts.PER_PAIR.amount and codes[429] >= 40 - attempts.PER_PAIR.amount - codes[503]


def test_strangers_who_use_up_an_accounts_tries_do_not_shut_out_its_known_browser(
    home: Home, browser: TestClient, invite: Invite
) -> None:
    from entrance.app import create_app

    with_password(home, invite(), browser)
    sign_in(browser)
    known = browser.cookies[COOKIE]
    app = create_app(home)
    for number in range(attempts.PER_ACCOUNT.amount // attempts.PER_PAIR.amount + 1):
        stranger = TestClient(app, base_url=URL, client=(f"192.0.2.{number}", 5), follow_redirects=False)
        for _ in range(attempts.PER_PAIR.amount):
            sign_in(stranger, password="wrong wrong wrong")
    owner = TestClient(app, base_url=URL, client=("203.0.113.5", 5), follow_redirects=False)
    assert sign_in(owner).status_code == 429
    owner.cookies.set(COOKIE, known)
    assert sign_in(owner).status_code == 303
    forged = TestClient(app, base_url=URL, client=("203.0.113.6", 5), follow_redirects=False)
    forged.cookies.set(COOKIE, known.replace(known[:4], "ffff"))
    assert sign_in(forged).status_code == 429


def test_a_large_form_is_refused_before_it_is_read(browser: TestClient) -> None:
    assert browser.post("/sign-in", data={"email": "x" * 200_000}).status_code == 413


async def test_when_many_wait_the_next_ones_are_asked_to_come_later(home: Home) -> None:
    hashing = Passwords()
    hashing._waiting = MOST_WAITING
    with pytest.raises(TooBusy):
        await hashing.matches("x", "")


def test_a_new_invitation_ends_older_sign_ins(home: Home, browser: TestClient, invite: Invite) -> None:
    account = invite()
    older = sign_ins.begin(home.store(), account, method="link")
    with_password(home, account, browser)
    assert sign_ins.find(home.store(), older or "") is None


def test_a_sign_in_that_waited_does_not_outlive_a_revocation_or_a_new_password(home: Home, invite: Invite) -> None:
    store, read = home.store(), invite()
    accounts.choose_password(store, read, password_hash="new")
    assert sign_ins.begin(store, read, method="password") is None
    accounts.revoke(store, email=read.email, actor="test", reason="left")
    assert sign_ins.begin(store, read, method="link") is None


def test_many_accounts_tried_from_one_network_are_limited(browser: TestClient) -> None:
    codes = [
        sign_in(browser, email=f"a{number}@example.se").status_code for number in range(attempts.PER_NETWORK.amount + 1)
    ]
    assert codes[-1] == 429 and set(codes[:-1]) == {401}


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/", "//evil.example", "http://127.0.0.1:9/", "javascript:alert(1)", "http://127.0.0.1:8501@evil.example",
        "http://127.0.0.1:8501.evil.example", "http:\\\\evil.example", "http://127.0.0.1:8501\\@evil.example", "/\\evil.example",
        "http://user@127.0.0.1:8501/", "http://[", "http://127.0.0.1:99999", "ftp://127.0.0.1:8501", "http://127.0.0.1:8501/\r\nX: y", "",
    ],
)  # fmt: skip
def test_nobody_is_sent_to_another_site(home: Home, browser: TestClient, invite: Invite, wanted: str) -> None:
    with_password(home, invite(), browser)
    assert sign_in(browser, wanted=wanted).headers["location"] == PAGES
    assert browser.get("/sign-in", params={"next": wanted}).headers["location"] == PAGES


@pytest.mark.parametrize(
    "wanted", [f"{PAGES}/gasterna?kafe=aurora", "http://localhost:8501/", "http://127.0.0.1:3000/"]
)
def test_a_person_is_sent_back_to_the_page_they_wanted(
    home: Home, browser: TestClient, invite: Invite, wanted: str
) -> None:
    with_password(home, invite(), browser)
    assert sign_in(browser, wanted=wanted).headers["location"] == wanted


def test_signing_in_replaces_the_cookie_that_a_browser_had(home: Home, browser: TestClient, invite: Invite) -> None:
    with_password(home, invite(), browser)
    assert sign_in(browser).status_code == 303
    first = browser.cookies[LOOPBACK_NAME]
    assert sign_in(browser).status_code == 303
    assert browser.cookies[LOOPBACK_NAME] != first
    assert sign_ins.find(home.store(), first) is None


@pytest.mark.parametrize("path", ["/sign-in", "/invitation", "/sign-out", "/sign-out-others", "/password"])
@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": PAGES}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_another_sites_form_changes_nothing(
    home: Home, browser: TestClient, invite: Invite, path: str, headers: dict[str, str]
) -> None:
    with_password(home, invite(), browser)
    sign_in(browser)
    assert browser.post(path, data={"email": "x"}, headers=headers).status_code == 403
    assert is_signed_in(browser)


def test_a_password_is_changed_and_every_other_sign_in_ends(home: Home, browser: TestClient, invite: Invite) -> None:
    account = invite()
    with_password(home, account, browser)
    other = sign_ins.begin(home.store(), account, method="link")
    assert other is not None
    sign_in(browser)
    new = "ett helt annat, längre lösenord"
    assert browser.post("/password", data={"current": "not this one, no", "password": new}).status_code == 400
    assert sign_ins.find(home.store(), other) is not None
    assert browser.post("/password", data={"current": PASSWORD, "password": new}).status_code == 200
    assert sign_ins.find(home.store(), other) is None and is_signed_in(browser)
    browser.post("/sign-out")
    assert sign_in(browser).status_code == 401
    assert sign_in(browser, password=new).status_code == 303


def test_every_page_is_without_script_frames_and_caches(home: Home, browser: TestClient) -> None:
    for path in ("/sign-in", "/invitation?token=x", "/link?token=x"):
        answer = browser.get(path)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY" and answer.headers["cache-control"] == "no-store"
        assert "<script" not in answer.text
    assert browser.get("/sign-in", headers={"Host": "evil.example"}).status_code == 400


def test_what_a_person_types_is_escaped(browser: TestClient) -> None:
    answer = sign_in(browser, email='"><img src=x onerror=alert(1)>')
    assert "<img" not in answer.text and answer.status_code == 401


def test_the_reader_chooses_the_language(browser: TestClient) -> None:
    assert 'lang="sv"' in browser.get("/sign-in", headers={"Accept-Language": "de"}).text
    assert 'lang="en"' in browser.get("/sign-in", headers={"Accept-Language": "en-GB,sv;q=0.5"}).text
    assert 'lang="en"' in browser.get("/sign-in?lang=en", headers={"Accept-Language": "sv"}).text
    assert 'lang="en"' in browser.get("/sign-in", headers={"Accept-Language": "sv"}).text  # remembered


@pytest.mark.parametrize(
    ("role", "permission", "status"),
    [("manager", "monitoring", 403), ("support", "monitoring", 204), ("admin", "monitoring", 204),
     ("manager", "feedback", 204), ("admin", "nonsense", 403)],
)  # fmt: skip
def test_a_proxy_learns_who_may_see_what(
    home: Home, browser: TestClient, invite: Invite, role: str, permission: str, status: int
) -> None:
    account = invite(role=role)
    browser.cookies.set(LOOPBACK_NAME, sign_ins.begin(home.store(), account, method="password"))
    answer = browser.get(f"/check/{permission}")
    assert answer.status_code == status
    if status == 204:
        assert answer.headers["remote-user"] == account.email and answer.headers["remote-role"] == role


def test_a_proxys_stranger_is_led_to_the_sign_in(browser: TestClient) -> None:
    forwarded = {"X-Forwarded-Host": "pilot.example", "X-Forwarded-Proto": "https", "X-Forwarded-Uri": "/grafana/d/1"}
    answer = browser.get("/check/monitoring", headers={**forwarded, "Accept": "text/html"})
    assert answer.status_code == 302
    assert answer.headers["location"].endswith("next=https%3A%2F%2Fpilot.example%2Fgrafana%2Fd%2F1")
    assert browser.get("/check/monitoring", headers=forwarded).status_code == 401


def test_every_sign_in_is_in_the_audit_log(home: Home, browser: TestClient, invite: Invite) -> None:
    with_password(home, invite(), browser)
    sign_in(browser)
    entries = [(one.action, one.actor, one.reason) for one in audit.recent(home.store(), 10)]
    assert ("account.sign_in", "anna@example.se", "password") in entries
    assert ("account.password", "anna@example.se", "") in entries
