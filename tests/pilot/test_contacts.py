"""The contacts' file: everybody can be called, or each fault is named."""

from __future__ import annotations

import pytest

from pilot.contacts import InvalidContacts, parse_contacts, phone_fault

CAFES = ("aurora", "goteborg")
GOOD = """
[[person]]
role = "pilot_manager"
name = "Elin Berg"
phone = "+46 70 123 45 67"
email = "elin@kafepiloten.se"
[[person]]
role = "technical_lead"
name = "Omar Ali"
phone = "+46701234568"
[[person]]
role = "devops"
name = "Siv Ek"
phone = "+46 70-123 45 69"
[[cafe]]
cafe = "aurora"
name = "Åsa Öberg"
phone = "+46 8 123 456 78"
[[cafe]]
cafe = "goteborg"
name = "Petra Lind"
phone = "+46 31 12 34 56"
"""


def test_a_filled_in_file_has_no_fault() -> None:
    assert parse_contacts(GOOD, source="contacts.toml").faults(CAFES) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"+46 8 123 456 78"', '"+46 8 XXX XXXX"', "café aurora: the phone is a placeholder"),
        ('"+46701234568"', '"070-123 45 68"', "technical_lead: the phone is not international"),
        ('"Siv Ek"', '" "', "devops: no name"),
        ('"elin@kafepiloten.se"', '"pilot-support@yourcompany.com"', "pilot_manager: the e-mail address is"),
        ('role = "devops"', 'role = "pilot_manager"', "devops is missing"),
        ('cafe = "goteborg"', 'cafe = "lund"', "café goteborg is missing"),
        ('cafe = "goteborg"', 'cafe = "lund"', "café lund is not in the cafés' file"),
    ],
)
def test_each_fault_is_named(old: str, new: str, fault: str) -> None:
    assert any(fault in each for each in parse_contacts(GOOD.replace(old, new), source="x").faults(CAFES))


@pytest.mark.parametrize("phone", ["112", "+46", "0046701234567", "+460701234567890123", "+46 70 xxx xxxx", ""])
def test_a_number_that_cannot_be_dialled_from_anywhere_is_refused(phone: str) -> None:
    assert phone_fault(phone)


@pytest.mark.parametrize(
    ("text", "named"),
    [("[[person", "not valid TOML"), ('[[person]]\nrole = "cook"\nphone = ""', "person -> 0 -> role"), ("x = 1", "x")],
)
def test_a_file_that_cannot_be_read_names_the_place(text: str, named: str) -> None:
    with pytest.raises(InvalidContacts, match=named):
        parse_contacts(text, source="contacts.toml")
