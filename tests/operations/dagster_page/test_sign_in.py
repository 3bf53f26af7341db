"""The sign-in to Dagster's page: a link that works once, and a cookie that expires."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from operations.dagster_page.sign_in import (
    KEY_NAME,
    LINK_NAME,
    LINK_VALID_FOR,
    SIGNED_IN_FOR,
    cookie_valid,
    make_cookie,
    make_link,
    use_link,
)
from operations.dagster_page.webserver import changes

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
URL = "http://127.0.0.1:3000"


def token(link: str) -> str:
    return link.partition("token=")[2]


def test_a_link_works_once(tmp_path: Path) -> None:
    made = token(make_link(tmp_path, url=URL, now=NOW))
    assert use_link(tmp_path, made, now=NOW)
    assert not use_link(tmp_path, made, now=NOW)


def test_a_link_expires_after_an_hour(tmp_path: Path) -> None:
    made = token(make_link(tmp_path, url=URL, now=NOW))
    assert not use_link(tmp_path, made, now=NOW + LINK_VALID_FOR)
    assert use_link(tmp_path, made, now=NOW + LINK_VALID_FOR - timedelta(seconds=1))


def test_a_new_link_replaces_the_unused_one(tmp_path: Path) -> None:
    first, second = (token(make_link(tmp_path, url=URL, now=NOW)) for _ in range(2))
    assert not use_link(tmp_path, first, now=NOW)
    assert use_link(tmp_path, second, now=NOW)


@pytest.mark.parametrize("guess", ["", "x", "å", "\ud800", "0" * 64])
def test_a_guess_is_refused_and_leaves_the_link_valid(tmp_path: Path, guess: str) -> None:
    assert not use_link(tmp_path, guess, now=NOW)
    made = token(make_link(tmp_path, url=URL, now=NOW))
    assert not use_link(tmp_path, guess, now=NOW)
    assert not use_link(tmp_path, (tmp_path / LINK_NAME).read_text(), now=NOW)
    assert use_link(tmp_path, made, now=NOW)


def test_a_cookie_expires_after_its_hours(tmp_path: Path) -> None:
    cookie = make_cookie(tmp_path, now=NOW)
    assert cookie_valid(tmp_path, cookie, now=NOW + SIGNED_IN_FOR - timedelta(seconds=1))
    assert not cookie_valid(tmp_path, cookie, now=NOW + SIGNED_IN_FOR)


@pytest.mark.parametrize("forged", ["", ".", "9999999999.", "9999999999.0", "x.y", "å.å", "9999999999." + "0" * 64])
def test_a_forged_cookie_is_refused(tmp_path: Path, forged: str) -> None:
    assert not cookie_valid(tmp_path, forged, now=NOW)


def test_a_cookie_with_a_later_expiry_or_of_another_home_is_refused(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    cookie = make_cookie(here, now=NOW)
    expires, _, signature = cookie.partition(".")
    assert not cookie_valid(here, f"{int(expires) + 1}.{signature}", now=NOW)
    assert not cookie_valid(there, cookie, now=NOW)


def test_only_the_owner_can_read_the_secrets(tmp_path: Path) -> None:
    link = make_link(tmp_path, url=URL, now=NOW)
    make_cookie(tmp_path, now=NOW)
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in (KEY_NAME, LINK_NAME)} == {0o600}
    assert token(link) not in (tmp_path / LINK_NAME).read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == [KEY_NAME, LINK_NAME]


@pytest.mark.parametrize(
    ("query", "mutates"),
    [
        ("{ version }", False),
        ("query A { version } query B { version }", False),
        ("subscription { x }", False),
        ("fragment mutation on X { y } query { ...mutation }", False),
        ("# mutation\n{ version }", False),
        ("mutation { stop }", True),
        ("mutation Stop($a: ID) @skip(if: false) { stop(id: $a) }", True),
        ("query A { version } mutation B { stop }", True),
        ("\ufeff,,,mutation{stop}", True),
        ("not a query", False),  # not executed
        ("{" * 20_000, False),
    ],
)
def test_a_mutation_is_found_in_every_document(query: str, mutates: bool) -> None:
    assert changes(query) is mutates
