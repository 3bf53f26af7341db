"""The people to call: the content of `contacts.toml`, validated and typed."""

from __future__ import annotations

import re
import tomllib
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pilot.composed import composed
from pilot.errors import PilotError

E164 = re.compile(r"\+[1-9]\d{7,14}")
PLACEHOLDERS = ("xxx", "yourcompany", "your-org", "example.com", "example.org", "changeme", "change-me")
SEPARATORS = str.maketrans("", "", " -()\u00a0")

Role = Literal["pilot_manager", "technical_lead", "devops"]
ROLES: tuple[Role, ...] = ("pilot_manager", "technical_lead", "devops")
Level = Literal[1, 2, 3]
LEVEL_OF_ROLE: dict[Role, Level] = {"pilot_manager": 1, "technical_lead": 2, "devops": 3}


class InvalidContacts(PilotError):
    """The contacts' file cannot be used."""


class _Checked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(_Checked):
    """A person of the team; without `level`, the role gives the support level at which alerts reach them."""

    role: Role
    name: str = ""
    phone: str
    email: str = ""
    level: Level | None = None

    @property
    def support_level(self) -> Level:
        """Return the support level at which alerts reach this person."""
        return self.level or LEVEL_OF_ROLE[self.role]


class CafeContact(_Checked):
    """The emergency number of a café, and its manager."""

    cafe: str
    name: str = ""
    phone: str


class Provider(_Checked):
    """The support of a service that the pilot depends on."""

    name: str = Field(min_length=1)
    reached: str = Field(min_length=1)
    reached_en: str = ""

    @property
    def in_english(self) -> str:
        """Return how it is reached in English, for the commands; in Swedish if nothing else is given."""
        return self.reached_en or self.reached


class Contacts(_Checked):
    """The content of `contacts.toml`."""

    person: tuple[Person, ...] = ()
    cafe: tuple[CafeContact, ...] = ()
    provider: tuple[Provider, ...] = ()

    def faults(self, cafes: tuple[str, ...]) -> list[str]:
        """Return what prevents going live: missing people, placeholders, numbers that cannot be dialled.

        Args:
            cafes: The ids of the pilot's cafés.
        """
        found = [f"{role} is missing" for role in ROLES if role not in {each.role for each in self.person}]
        found += [f"café {cafe} is missing" for cafe in cafes if cafe not in {each.cafe for each in self.cafe}]
        found += [f"café {each.cafe} is not in the cafés' file" for each in self.cafe if each.cafe not in cafes]
        entries: list[tuple[str, str, str]] = [(each.role, each.name, each.phone) for each in self.person]
        entries += [(f"café {each.cafe}", each.name, each.phone) for each in self.cafe]
        for whose, name, phone in entries:
            found += [f"{whose}: no name"] if not name.strip() else []
            found += [f"{whose}: the phone {fault}"] if (fault := phone_fault(phone)) else []
        found += [
            f"{each.role}: the e-mail address is a placeholder" for each in self.person if is_placeholder(each.email)
        ]
        return found


def phone_fault(phone: str) -> str:
    """Return why a number cannot be dialled from anywhere; empty if it can."""
    if is_placeholder(phone):
        return "is a placeholder"
    if not E164.fullmatch(dialled(phone)):
        return "is not international, expected for example +46 8 123 456 78"
    return ""


def dialled(phone: str) -> str:
    """Return a number without the characters that only make it readable."""
    return phone.translate(SEPARATORS)


def is_placeholder(text: str) -> bool:
    """Return whether a text was copied from an example and not filled in."""
    return any(mark in text.lower() for mark in PLACEHOLDERS)


def parse_contacts(text: str, *, source: str) -> Contacts:
    """Parse and validate the text of a contacts' file.

    Raises:
        InvalidContacts: not TOML, or a field is missing or unknown; the text names each.
    """
    remedy = "Correct it; `pilot contacts check` reads the file again."
    try:
        return Contacts.model_validate(tomllib.loads(composed(text)))
    except tomllib.TOMLDecodeError as error:
        raise InvalidContacts(f"{source} is not valid TOML: {error}.", remedy=remedy) from None
    except ValidationError as error:
        places = (f"{' -> '.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise InvalidContacts(f"{source} cannot be used: {'; '.join(places)}.", remedy=remedy) from None
