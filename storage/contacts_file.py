"""Finds and reads the contacts' file."""

from __future__ import annotations

from pathlib import Path

from pilot.contacts import Contacts, InvalidContacts, parse_contacts

_CHECKOUT = Path(__file__).resolve().parent.parent


def read_contacts(path: Path) -> Contacts:
    """Read and validate the contacts' file; a relative path is resolved here first, then in the checkout.

    Raises:
        InvalidContacts: there is none, it cannot be read, or its content is wrong.
    """
    path = path.expanduser()
    places = [path] if path.is_absolute() else [Path.cwd() / path, _CHECKOUT / path]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        searched = " nor ".join(dict.fromkeys(str(place) for place in places))
        raise InvalidContacts(
            f"There is no contacts' file at {searched}.",
            remedy="Set PILOT_CONTACTS_FILE, or make it from contacts.toml.",
        )
    try:
        text = found.read_text(encoding="utf-8")
    except (UnicodeDecodeError, OSError) as error:
        raise InvalidContacts(
            f"{found} cannot be read ({type(error).__name__}).", remedy="Save it as UTF-8, readable by this user."
        ) from None
    return parse_contacts(text, source=str(found))
