"""Each café's emergency number is tested by a message, and its answer is recorded with who and when."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from operations.contact_tests import ContactRefused, answers, make_tests, tick
from pilot.contacts import Contacts, parse_contacts
from storage.home import Home
from storage.store import audit
from tests.cli.conftest import Pilot, pilot
from tests.pilot.test_contacts import GOOD

__all__ = ["pilot"]

NOW = datetime(2026, 11, 30, 9, 12, tzinfo=UTC)
CONTACTS = parse_contacts(GOOD, source="contacts.toml")


def code_of(text: str) -> str:
    found = re.search(r"\b\d{4}\b", text)
    assert found is not None
    return found[0]


def other_number(contacts: Contacts) -> Contacts:
    return parse_contacts(GOOD.replace("+46 8 123 456 78", "+46 8 123 456 79"), source="contacts.toml")


def test_each_cafe_gets_a_test_and_its_answer_is_recorded_with_who_and_when(home: Home) -> None:
    made = {each.cafe: each for each in make_tests(home, CONTACTS, now=NOW, actor="lo")}
    assert {cafe: each.phone for cafe, each in made.items()} == {
        "aurora": "+46 8 123 456 78", "goteborg": "+46 31 12 34 56",
    }  # fmt: skip
    later = NOW + timedelta(minutes=5)
    tick(home, CONTACTS, cafe="aurora", by="Åsa", code=code_of(made["aurora"].text), now=later, actor="lo")
    aurora, goteborg = answers(home, CONTACTS)
    assert (aurora.by, aurora.at, aurora.tested_at) == ("Åsa", later, NOW)
    assert (goteborg.by, goteborg.at, goteborg.tested_at) == ("", None, NOW)


def test_a_changed_number_needs_a_new_test(home: Home) -> None:
    made = make_tests(home, CONTACTS, now=NOW, actor="lo")
    tick(home, CONTACTS, cafe="aurora", by="Åsa", code=code_of(made[0].text), now=NOW, actor="lo")
    changed = other_number(CONTACTS)
    assert answers(home, changed)[0].at is None
    with pytest.raises(ContactRefused, match="not that of the latest test of this number"):
        tick(home, changed, cafe="aurora", by="Åsa", code=code_of(made[0].text), now=NOW, actor="lo")


def test_a_wrong_code_and_an_answer_without_a_test_are_refused(home: Home) -> None:
    def answer(code: str = "0000", *, cafe: str = "aurora", by: str = "Åsa", days: int = 0) -> None:
        tick(home, CONTACTS, cafe=cafe, by=by, code=code, now=NOW + timedelta(days=days), actor="lo")

    with pytest.raises(ContactRefused, match="No test was sent to aurora"):
        answer()
    right = code_of(make_tests(home, CONTACTS, now=NOW, actor="lo")[0].text)
    for arguments, fault in (
        ({"code": str((int(right) + 1) % 10_000).zfill(4)}, "not that of the latest test"),
        ({"code": right, "cafe": "lund"}, "has no café 'lund'"),
        ({"code": right, "by": " "}, "Nobody is named"),
        ({"code": right, "days": 15}, "No test was sent to aurora in the last 14 days"),
    ):
        with pytest.raises(ContactRefused, match=fault):
            answer(**arguments)
    answer(right, days=13)


def test_the_audit_log_contains_neither_numbers_nor_codes(home: Home) -> None:
    code = code_of(make_tests(home, CONTACTS, now=NOW, actor="lo")[0].text)
    said = json.dumps([[each.subject, each.reason, dict(each.details)] for each in audit.recent(home.store(), 10)])
    assert "12345678" not in said.replace(" ", "")
    assert f'"{code}"' not in said


def test_numbers_that_cannot_be_dialled_are_not_tested(home: Home) -> None:
    wrong = parse_contacts(GOOD.replace("+46 31 12 34 56", "+46 31 XXX"), source="contacts.toml")
    with pytest.raises(ContactRefused, match="goteborg is a placeholder"):
        make_tests(home, wrong, now=NOW, actor="lo")
    assert [each for each in audit.recent(home.store(), 10) if each.action == "contact.test"] == []


def test_tests_and_answers_by_typing(pilot: Pilot, tmp_path: Path) -> None:
    filled = GOOD + '[[cafe]]\ncafe = "malmohuset"\nname = "Jonas"\nphone = "+46 40 12 34 56"\n'
    (tmp_path / "contacts.toml").write_text(filled, encoding="utf-8")
    assert "café aurora: NEVER TESTED" in pilot("contacts", "check").stdout
    made = json.loads(pilot("contacts", "check", "--send-test", "--json").stdout)
    assert [each["cafe"] for each in made] == ["aurora", "goteborg", "malmohuset"]
    assert pilot("contacts", "check", "--answered").exit_code == 1
    assert pilot("contacts", "tick", "aurora", "--code", "x", "--by", "Åsa").exit_code == 1
    for each in made:
        done = pilot("contacts", "tick", each["cafe"], "--code", code_of(each["text"]), "--by", "Åsa")
        assert done.exit_code == 0, done.output
    assert "Every café has answered." in done.stdout
    checked = pilot("contacts", "check", "--answered")
    assert (checked.exit_code, checked.stdout.count("Åsa")) == (0, 3)
