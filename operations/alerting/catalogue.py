"""The catalogue: how each kind of alert is routed; an unknown kind is routed as high."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pilot.errors import PilotError

FILE = Path(__file__).with_name("catalogue.toml")
PAGE = "docs/operations/alert-causes.md"
Level = Literal[1, 2, 3]
LEVELS: tuple[Level, ...] = (1, 2, 3)


class InvalidCatalogue(PilotError):
    """The catalogue cannot be used."""


class AlertKind(BaseModel):
    """One kind of alert.

    Attributes:
        name: Its name.
        severity: high, medium or low.
        sms: Whether it is critical, so that texts are sent: system down and payment failures only.
        level: The support level that is notified first.
        event: Whether it has no end; an acknowledgement ends it.
        cafe: Whether its subject begins with a café's id.
        private: Whether its text may hold health data or guests' words, so that messages hold a link only.
        cause: Kinds of one cause leave as one message; empty for the name.
        threshold: When it fires, in words.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    severity: Literal["high", "medium", "low"]
    sms: bool = False
    level: Level = 1
    event: bool = False
    cafe: bool = False
    private: bool = False
    cause: str = ""
    threshold: str = Field(min_length=1)

    @property
    def page(self) -> str:
        """Return the page with causes and remedies, with its anchor."""
        return f"{PAGE}#{self.name}"

    @property
    def bundle(self) -> str:
        """Return the name under which its messages are grouped."""
        return self.cause or self.name


class _Catalogue(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    alert: tuple[AlertKind, ...]


@cache
def catalogue() -> dict[str, AlertKind]:
    """Return the kinds by name.

    Raises:
        InvalidCatalogue: the file is damaged, or names a kind twice.
    """
    return parse(FILE.read_text(encoding="utf-8"))


def parse(text: str) -> dict[str, AlertKind]:
    """Parse a catalogue's text.

    Raises:
        InvalidCatalogue: a field is missing, unknown or wrong, or a kind is there twice.
    """
    remedy = f"Correct {FILE.name}; its first lines say where the fields are described."
    try:
        kinds = _Catalogue.model_validate(tomllib.loads(text)).alert
    except tomllib.TOMLDecodeError as error:
        raise InvalidCatalogue(f"{FILE.name} is not valid TOML: {error}.", remedy=remedy) from None
    except ValidationError as error:
        places = "; ".join(f"{' -> '.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise InvalidCatalogue(f"{FILE.name} cannot be used: {places}.", remedy=remedy) from None
    names = [each.name for each in kinds]
    if double := sorted({each for each in names if names.count(each) > 1}):
        raise InvalidCatalogue(f"{FILE.name} names {', '.join(double)} twice.", remedy=remedy)
    return {each.name: each for each in kinds}


def kind_of(name: str) -> AlertKind:
    """Return a kind; one that the catalogue lacks is high, and its text is not sent."""
    found = catalogue().get(name)
    if found is not None:
        return found
    usable = "".join(each if each.isalnum() and each.isascii() else "_" for each in name)
    return AlertKind(
        name=f"a{usable}" if not usable[:1].isalpha() else usable,
        severity="high",
        private=True,
        threshold="unknown: the catalogue has no such kind",
    )
