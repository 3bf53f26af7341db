"""A program's ticket cannot be forged and expires; a mutation is found in every document."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from operations.dagster_page.program_ticket import KEY_NAME, VALID_FOR, is_valid, make
from operations.dagster_page.webserver import changes

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_ticket_expires(tmp_path: Path) -> None:
    ticket = make(tmp_path, now=NOW)
    assert is_valid(tmp_path, ticket, now=NOW + VALID_FOR - timedelta(seconds=1))
    assert not is_valid(tmp_path, ticket, now=NOW + VALID_FOR)


@pytest.mark.parametrize("forged", ["", ".", "9999999999.", "9999999999.0", "x.y", "å.å", "9999999999." + "0" * 64])
def test_a_forged_ticket_is_refused(tmp_path: Path, forged: str) -> None:
    assert not is_valid(tmp_path, forged, now=NOW)


def test_a_ticket_with_a_later_expiry_or_of_another_home_is_refused(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    ticket = make(here, now=NOW)
    expires, _, signature = ticket.partition(".")
    assert not is_valid(here, f"{int(expires) + 1}.{signature}", now=NOW)
    assert not is_valid(there, ticket, now=NOW)


def test_only_the_owner_can_read_the_key(tmp_path: Path) -> None:
    make(tmp_path, now=NOW)
    assert [path.name for path in tmp_path.iterdir()] == [KEY_NAME]
    assert (tmp_path / KEY_NAME).stat().st_mode & 0o777 == 0o600


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
