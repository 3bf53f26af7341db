"""The page of cafés: accounts with their one-time links, the context, and a draft of the cafés' file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import escape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from pilot.cafe_changes import changes
from pilot.cafes import parse_cafes
from pilot.words import section
from storage.cafes_file import cafes_text
from storage.home import Home
from storage.store.access import accounts, links
from storage.store.cafes import codes
from tests.dashboards.conftest import NOW, ROOT, sign_in
from tests.dashboards.test_cafes_page import cafes_page, entries, send
from tests.dashboards.test_entitlement import everything
from tests.dashboards.test_pages import shown

Pages = Callable[..., AppTest]
slow = pytest.mark.slow
FILE = (ROOT / "cafes.toml").read_text(encoding="utf-8")


def invite(at: AppTest, email: str) -> AppTest:
    at.text_input(key="invite-email-aurora").set_value(email)
    return at.button(key="invite-send-aurora").click().run()


def link_of(at: AppTest) -> tuple[str, str]:
    """Return the path and token of the one link on the page."""
    (code,) = at.code
    parts = urlsplit(code.value)
    return parts.path, parse_qs(parts.query)["token"][0]


@slow
def test_a_manager_is_invited_by_a_link_that_is_shown_for_two_minutes(
    home: Home, visit_pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = invite(cafes_page(visit_pages), "Anna@Example.se")
    assert "anna@example.se är inbjuden till Café Aurora." in shown(at)
    path, token = link_of(at)
    found = links.find(home.store(), token)
    assert (path, found is not None and found.kind) == ("/invitation", "invitation")
    assert found is not None and found.account.cafes == frozenset({"aurora"})
    assert link_of(at.run()) == (path, token)  # drawn again by itself
    monkeypatch.setattr("dashboards.visit.now", lambda: NOW + timedelta(minutes=3))
    assert list(at.run().code) == []
    table = next(each.value for each in at.dataframe if "Roll" in each.value.columns)
    assert dict(zip(table["E-postadress"], table["Kaféer"], strict=True))["anna@example.se"] == "Café Aurora"
    assert entries(home, "account.invite")[0][:2] == ("admin@example.se", "anna@example.se")


@slow
def test_an_invitation_adds_the_cafe_to_those_of_the_account(home: Home, visit_pages: Pages) -> None:
    sign_in(home, role="manager", cafes=("goteborg",), email="anna@example.se")
    invite(cafes_page(visit_pages), "anna@example.se")
    account = accounts.find(home.store(), "anna@example.se")
    assert account is not None and account.cafes == frozenset({"aurora", "goteborg"})


@slow
@pytest.mark.parametrize("email", ["", "anna", "anna@", "@example.se", "an na@example.se"])
def test_what_is_no_address_is_refused(home: Home, visit_pages: Pages, email: str) -> None:
    before = len(accounts.every(home.store()))
    at = invite(cafes_page(visit_pages), email)
    assert "kontrollera e-postadressen" in shown(at)
    assert len(accounts.every(home.store())) == before + 1  # the reader's own


@slow
def test_an_account_of_the_team_is_not_made_a_manager(home: Home, visit_pages: Pages) -> None:
    sign_in(home, role="support", email="stina@example.se")
    at = invite(cafes_page(visit_pages), "stina@example.se")
    assert "Kontot finns redan med rollen" in shown(at)
    account = accounts.find(home.store(), "stina@example.se")
    assert account is not None and account.role == "support"


@slow
def test_a_new_link_invites_until_a_password_is_chosen_and_signs_in_then(home: Home, visit_pages: Pages) -> None:
    sign_in(home, role="manager", cafes=("aurora",), email="anna@example.se")
    account = accounts.find(home.store(), "anna@example.se")
    assert account is not None
    at = cafes_page(visit_pages)
    assert link_of(at.button(key="link-send-aurora").click().run())[0] == "/invitation"
    accounts.choose_password(home.store(), account, password_hash="argon2")
    path, token = link_of(at.button(key="link-send-aurora").click().run())
    found = links.find(home.store(), token)
    assert (path, found is not None and found.kind) == ("/link", "sign_in")


@slow
def test_an_account_is_revoked_with_a_reason(home: Home, visit_pages: Pages) -> None:
    sign_in(home, role="manager", cafes=("aurora",), email="anna@example.se")
    at = send(cafes_page(visit_pages), "revoke-aurora", reason="slutat")
    assert "anna@example.se är återkallat." in shown(at)
    account = accounts.find(home.store(), "anna@example.se")
    assert account is not None and account.revoked_at is not None
    assert entries(home, "account.revoke") == [("admin@example.se", "anna@example.se", "slutat")]


@slow
def test_the_pilot_manager_sees_accounts_and_changes_none(home: Home, visit_pages: Pages) -> None:
    sign_in(home, role="manager", cafes=("aurora",), email="anna@example.se")
    at = cafes_page(visit_pages, "pilot_manager")
    assert "Bara administratören bjuder in och återkallar." in shown(at)
    assert [each.key for each in at.button if str(each.key).startswith(("invite", "link", "revoke"))] == []
    assert "anna@example.se" in everything(at) or any("Roll" in each.value.columns for each in at.dataframe)


@slow
def test_an_action_on_accounts_is_refused_after_a_change_of_role(home: Home, visit_pages: Pages) -> None:
    sign_in(home, role="manager", cafes=("aurora",), email="anna@example.se")
    for act in (
        lambda at: invite(at, "ny@example.se"),
        lambda at: at.button(key="link-send-aurora").click().run(),
        lambda at: send(at, "revoke-aurora", reason="slutat"),
    ):
        at = cafes_page(visit_pages)
        accounts.invite(
            home.store(), email="admin@example.se", role="pilot_manager", cafes=None, known_cafes=(), actor="test"
        )
        assert list(act(at).code) == []
        account = accounts.find(home.store(), "anna@example.se")
        assert account is not None and account.revoked_at is None
        assert accounts.find(home.store(), "ny@example.se") is None
    assert entries(home, "account.link") == []


@slow
def test_the_context_of_a_cafe_is_shown_without_the_wifis_password(
    home: Home, visit_pages: Pages, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "cafes.toml"
    area, wifi = '[[cafe.areas]]\nid = "counter"', '[cafe.wifi]\nnetwork = "Aurora Gäst"\npassword = "hemligt"\n'
    file.write_text(FILE.replace(area, wifi + area), encoding="utf-8")
    monkeypatch.setenv("PILOT_CAFES_FILE", str(file))
    at = cafes_page(visit_pages, "pilot_manager", ("aurora",))
    text = shown(at)
    for part in ("fönsterplatserna", "kardemummabulle", "Elin, Omar och Siv", "07:00–09:00", "Aurora Gäst"):
        assert part in text
    assert "hemligt" not in everything(at)


@slow
def test_a_code_is_named_by_its_place_in_swedish(home: Home, visit_pages: Pages) -> None:
    codes.issue(home.store(), cafe="aurora", label="table", actor="tests")
    codes.issue(home.store(), cafe="aurora", label="Toan", actor="tests")
    at = cafes_page(visit_pages)
    table = next(each.value for each in at.dataframe if "Senast skannad" in each.value.columns)
    assert sorted(table["Plats"]) == ["Toan", "bord"]


def checked(at: AppTest, text: str) -> AppTest:
    at.text_area(key="draft-text").set_value(text)
    return at.button(key="draft-check").click().run()


@slow
def test_a_draft_is_checked_and_shows_its_changes_and_writes_nothing(home: Home, visit_pages: Pages) -> None:
    at = checked(
        cafes_page(visit_pages),
        FILE.replace('"Elin", "Omar"', '"Elin", "Omar", "Ali"').replace("days = 30", "days = 31"),
    )
    assert "Så många uppgifter ändras: 2." in shown(at)
    table = next(each.value for each in at.dataframe if "I utkastet" in each.value.columns)
    assert table.to_numpy().tolist() == [
        ["Hela piloten", "days", "30", "31"],
        ["Café Aurora", "staff", "Elin, Omar, Siv", "Elin, Omar, Ali, Siv"],
    ]
    assert cafes_text(home.settings.cafes_file) == FILE
    assert "ändrar ingenting" in shown(checked(at, FILE))


@slow
@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "pilot"),
        ("[pilot", "not valid TOML"),
        (FILE.replace('staff = ["Elin", "Omar", "Siv"]', "staff = 3"), 'café "aurora" -> staff'),
        (FILE.replace("low = 50", "low = 500"), "low (500) is above high (100)"),
    ],
)
def test_a_wrong_draft_names_each_field(home: Home, visit_pages: Pages, text: str, named: str) -> None:
    at = checked(cafes_page(visit_pages), text)
    assert "Utkastet går inte att använda." in shown(at)
    assert escape(named).replace("&quot;", "&#34;") in " ".join(part.value for part in at.html)


@slow
def test_a_reader_of_some_cafes_sees_no_file_of_all(home: Home, visit_pages: Pages) -> None:
    sign_in(home, role="manager", cafes=("goteborg", "aurora"), email="anna@example.se")
    at = cafes_page(visit_pages, "pilot_manager", ("goteborg",))
    assert "cafes-draft" not in everything(at) and "fönsterplatserna" not in everything(at)
    table = next(each.value for each in at.dataframe if "Roll" in each.value.columns)
    assert (
        dict(zip(table["E-postadress"], table["Kaféer"], strict=True))["anna@example.se"] == "Göteborg Café och 1 till"
    )


def test_changes_name_added_and_removed_cafes() -> None:
    before = parse_cafes(FILE, source="before")
    after = before.model_copy(update={"cafe": before.cafe[1:]})
    (removed,) = changes(before, after)
    assert (removed.cafe, removed.field, removed.before, removed.after) == ("aurora", "", "Café Aurora", None)
    (added,) = changes(after, before)
    assert (added.before, added.after) == (None, "Café Aurora")
    assert changes(before, before) == []


def test_the_words_of_both_languages_are_the_same() -> None:
    assert section("dashboards", "sv").keys() == section("dashboards", "en").keys()
