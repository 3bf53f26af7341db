"""Whom a level reaches, and on which channels: from the contacts' file and the settings."""

from __future__ import annotations

from dataclasses import dataclass

from operations.alerting.catalogue import LEVELS, Level
from pilot.contacts import Contacts, Person, dialled, is_placeholder, phone_fault
from pilot.settings import Settings
from storage.store.alerts.deliveries import CHANNELS, Channel

TEAM = ""  # The recipient of a channel that reaches everybody.


@dataclass(frozen=True, slots=True)
class People:
    """The team's people by level, the cafés' numbers, and the channels that have a setting.

    Attributes:
        contacts: The content of the contacts' file.
        channels: The channels whose settings are there.
        team_mail: The team's address.
    """

    contacts: Contacts
    channels: frozenset[Channel]
    team_mail: str

    def persons(self, level: Level) -> dict[str, Person]:
        """Return a level's people by recipient; an empty level is replaced by the highest that has any."""
        for each in (level, *(other for other in reversed(LEVELS) if other != level)):
            found = {name: person for name, person in self._all().items() if person.support_level == each}
            if found:
                return found
        return {}

    def number(self, recipient: str) -> str:
        """Return the number of a person or café to dial; empty without a usable one."""
        if recipient.startswith("cafe:"):
            phone = next((each.phone for each in self.contacts.cafe if f"cafe:{each.cafe}" == recipient), "")
        else:
            person = self._all().get(recipient)
            phone = person.phone if person else ""
        return "" if not phone or phone_fault(phone) else dialled(phone)

    def address(self, recipient: str) -> str:
        """Return the address of the team or of a person; empty without a usable one."""
        if recipient == TEAM:
            return "" if is_placeholder(self.team_mail) else self.team_mail
        person = self._all().get(recipient)
        return "" if person is None or not person.email or is_placeholder(person.email) else person.email

    def _all(self) -> dict[str, Person]:
        found: dict[str, Person] = {}
        for person in self.contacts.person:
            same = sum(1 for each in found.values() if each.role == person.role)
            found[person.role if not same else f"{person.role}#{same + 1}"] = person
        return found


def configured(settings: Settings) -> frozenset[Channel]:
    """Return the channels whose settings are there."""
    given: dict[Channel, bool] = {
        "slack": bool(settings.alert_slack_url.get_secret_value()),
        "slack_incidents": bool(settings.alert_slack_incidents_url.get_secret_value()),
        "email": bool(settings.smtp_url.get_secret_value() and settings.mail_from and settings.alert_mail_to),
        "sms": bool(settings.alert_sms_url.get_secret_value()),
        "pagerduty": bool(settings.alert_pagerduty_url.get_secret_value()),
    }
    return frozenset(each for each in CHANNELS if given[each])
