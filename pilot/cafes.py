"""The pilot's cafés: the content of `cafes.toml`, validated and typed."""

from __future__ import annotations

import tomllib
from datetime import date
from itertools import pairwise
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from pilot.composed import composed
from pilot.errors import InvalidCafes
from pilot.usual_week import Hours, OpeningHours
from pilot.usual_week import Window as Window

SMALLEST_REWARD_ORE = 2000  # Stripe's smallest bank payout in Sweden is 20 SEK.

Language = Literal["sv", "en"]


class _Checked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LocalizedName(_Checked):
    """A name in both languages, as guests and the interviewer use it."""

    sv: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def in_language(self, language: Language) -> str:
        """Return the name in `language`."""
        return self.sv if language == "sv" else self.en


class Area(LocalizedName):
    """A part of the café where guests sit or stand."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")


class Band(_Checked):
    """The number of feedbacks a day that the café expects."""

    low: int = Field(ge=0)
    high: int = Field(ge=1)

    @model_validator(mode="after")
    def _ordered(self) -> Band:
        if self.low > self.high:
            raise ValueError(f"low ({self.low}) is above high ({self.high})")
        return self


class SpecialDay(_Checked):
    """A day whose hours differ from the café's usual week and the calendar.

    Attributes:
        day: The day.
        hours: Its hours; None for closed.
        reason: The reason in words for guests, for example `Personaldag` and `Staff day`.
    """

    day: date
    hours: Hours | None = None
    reason: LocalizedName | None = None


class Wifi(_Checked):
    """The guests' network, for guests who ask for it."""

    network: str = Field(min_length=1)
    password: str = Field(min_length=1)


class Cafe(_Checked):
    """One café of the pilot.

    Attributes:
        wifi: None if the staff give it out.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    name: str = Field(min_length=1)
    city: str = Field(min_length=1)
    domain: str = Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")
    languages: tuple[Language, ...] = Field(min_length=1)
    expected_feedbacks_per_day: Band
    peaks: tuple[Window, ...]
    opening_hours: OpeningHours
    special_days: tuple[SpecialDay, ...] = ()
    wifi: Wifi | None = None
    areas: tuple[Area, ...] = Field(min_length=1)
    staff: tuple[str, ...]
    specialties: tuple[LocalizedName, ...] = Field(min_length=1)
    trial_limit: int = Field(ge=1)
    on_trial_limit: Literal["stop", "collect_unrewarded"] = "stop"

    @field_validator("special_days")
    @classmethod
    def _each_day_once(cls, days: tuple[SpecialDay, ...]) -> tuple[SpecialDay, ...]:
        doubled = sorted({each.day.isoformat() for each in days if [other.day for other in days].count(each.day) > 1})
        if doubled:
            raise ValueError(f"{', '.join(doubled)} is listed twice")
        return days


class RewardTier(_Checked):
    """A reward and the score (exclusive) above which a session earns it."""

    score_above: int = Field(ge=0, le=100)
    amount_ore: int = Field(ge=SMALLEST_REWARD_ORE)


class Pilot(_Checked):
    """The pilot's settings that all cafés share.

    Attributes:
        controller: The legal person responsible for guests' data (GDPR, article 4); empty for the pilot's name.
        contact: Its e-mail address or page for questions about guests' data; empty for the cafés' staff.
        staging_domain: The operators' host name; empty if there is none.
    """

    name: str
    controller: str = ""
    contact: str = ""
    staging_domain: str = Field(default="", pattern=r"^([a-z0-9-]+(\.[a-z0-9-]+)+)?$")
    first_day: date
    days: int = Field(ge=1)
    rubric_version: str
    reward_tiers: tuple[RewardTier, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _tiers_rise(self) -> Pilot:
        for lower, upper in pairwise(self.reward_tiers):
            if upper.score_above <= lower.score_above or upper.amount_ore <= lower.amount_ore:
                raise ValueError("reward_tiers must rise in both score_above and amount_ore")
        return self

    @property
    def responsible(self) -> str:
        """Return the name of the data's controller, as guests read it."""
        return self.controller or self.name

    def reward_ore(self, score: int) -> int:
        """Return the reward in öre for `score` (0-100); 0 if it earns none."""
        return max((tier.amount_ore for tier in self.reward_tiers if score > tier.score_above), default=0)


class Cafes(_Checked):
    """The content of `cafes.toml`."""

    pilot: Pilot
    cafe: tuple[Cafe, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _unique(self) -> Cafes:
        for field in ("id", "domain"):
            values = [getattr(cafe, field) for cafe in self.cafe]
            doubled = sorted({value for value in values if values.count(value) > 1})
            if doubled:
                raise ValueError(f"two cafés share the {field} {', '.join(doubled)}")
        return self

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the cafés' ids in the file's order."""
        return tuple(cafe.id for cafe in self.cafe)

    def get(self, cafe_id: str) -> Cafe:
        """Return the café with this id.

        Raises:
            InvalidCafes: there is no such café.
        """
        for cafe in self.cafe:
            if cafe.id == cafe_id:
                return cafe
        raise InvalidCafes(f"There is no café {cafe_id!r}.", remedy=f"The cafés are: {', '.join(self.ids)}.")


def parse_cafes(text: str, *, source: str) -> Cafes:
    """Parse and validate the text of a cafés' file.

    Args:
        text: TOML.
        source: The file's name, for the error.

    Raises:
        InvalidCafes: not TOML, or a field is missing, unknown or wrong; the text names each.
    """
    try:
        tree = tomllib.loads(composed(text))
    except tomllib.TOMLDecodeError as error:
        raise InvalidCafes(f"{source} is not valid TOML: {error}.", remedy="Correct that line and try again.") from None
    try:
        return Cafes.model_validate(tree)
    except ValidationError as error:
        faults = "\n".join(f"  {_place(tree, item['loc'])}: {_expected(item)}" for item in error.errors())
        raise InvalidCafes(
            f"{source} cannot be used:\n{faults}\n",
            remedy="Correct these fields; `pilot cafes check` reads the file again.",
        ) from None


def _place(tree: Any, location: tuple[int | str, ...]) -> str:
    """Return a field's place in readable form: café "aurora" -> peaks -> 1."""
    parts = list(location)
    if len(parts) >= 2 and parts[0] == "cafe" and isinstance(parts[1], int):
        try:
            name = str(tree["cafe"][parts[1]]["id"])
        except (KeyError, IndexError, TypeError):
            name = f"number {parts[1] + 1}"
        parts[:2] = [f'café "{name}"']
    return " -> ".join(str(part + 1) if isinstance(part, int) else part for part in parts) or "the file"


def _expected(item: Any) -> str:
    found = item.get("input")
    message = str(item["msg"]).removeprefix("Value error, ")
    if item["type"] == "missing":
        return "is missing"
    if item["type"] == "extra_forbidden":
        return "is not a known field"
    kind = type(found).__name__
    shown = repr(found) if isinstance(found, str | int | float | bool) else f"a {kind}"
    return f"{message} (found {shown})"
