"""One visit to the pages: the cafés, the language, the kind of rows and the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, cast

import streamlit as st

from dashboards.entitled_lake import EntitledLake
from dashboards.fragments import in_language
from dashboards.reading.cover import Cover
from dashboards.signed_in import AccessChanged, confirm
from pilot.access import Permission, Principal
from pilot.business_days import business_day
from pilot.cafes import Cafe
from pilot.formatting import Language
from pilot.words import say as say_words
from pilot.words import section
from storage.errors import StoreReadOnly
from storage.store.engine import ReadOnlyStore

if TYPE_CHECKING:
    from markupsafe import Markup

    from storage.home import Home
    from storage.store.engine import Store

STATE = "visit"


@dataclass(frozen=True, slots=True)
class Visit:
    """The context of one render of a page.

    Attributes:
        home: The opened home.
        principal: Who reads.
        cafes: The cafés that the reader may see.
        language: The language of the page.
        simulated: Whether simulated rows are shown instead of real ones; the two are never mixed.
        now: The moment of this render.
        read_only: Whether nothing can be changed, as during maintenance.
    """

    home: Home
    principal: Principal
    cafes: tuple[Cafe, ...]
    language: Language
    simulated: bool
    now: datetime
    read_only: bool = False

    @property
    def tests(self) -> bool:
        """Return whether test clients' sessions are shown in a real home."""
        return self.simulated and self.home.kind == "real"

    @property
    def today(self) -> date:
        """Return the business day of this render."""
        return business_day(self.now)

    def lake(self) -> EntitledLake:
        """Return the lake with the rows of the reader's cafés only."""
        return EntitledLake(
            self.home.lake(), self.principal, home_key=str(self.home.root), confirm=lambda: self.confirm()
        )

    def store(self, *, cafe: str | None = None, permission: Permission | None = None) -> Store:
        """Return the store for reading or for an action, after confirming who does it.

        Args:
            cafe: The café that it is about; None for none in particular.
            permission: The permission that it needs.

        Raises:
            AccessChanged: the sign-in has ended, the account was changed, or it may not do this.
            StoreReadOnly: it needs a permission to change something, during maintenance.
        """
        self.confirm(cafe=cafe, permission=permission)
        store = self.home.store()
        return ReadOnlyStore(store.engine, now=store.now) if self.read_only else store

    def confirm(self, *, cafe: str | None = None, permission: Permission | None = None) -> None:
        """Compare the reader with the store, and with what it may do.

        Raises:
            AccessChanged: the sign-in has ended, the account was changed, or it may not do this.
            StoreReadOnly: the permission is one to change something, during maintenance.
        """
        confirm(self.home, self.principal)
        if (cafe is not None and not self.principal.sees(cafe)) or (
            permission is not None and not self.principal.may(permission)
        ):
            raise AccessChanged
        if self.read_only and permission is not None and permission.endswith(".change"):
            raise StoreReadOnly("Nothing can be changed during maintenance.", remedy="Try again when it is over.")

    @property
    def actor(self) -> str:
        """Return the reader's name in the audit log."""
        return self.principal.email

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of the cafés that this reader may see."""
        return tuple(cafe.id for cafe in self.cafes)

    @property
    def cover(self) -> Cover:
        """Return what of the guests' words is covered for this reader."""
        staff = {name for cafe in self.home.cafes().cafe for name in cafe.staff}
        return Cover(self.principal.may("harmful"), tuple(sorted(staff)))

    def draw(self, fragment: Markup) -> None:
        """Draw a fragment of HTML, marked with the page's language: Streamlit's own frame is English."""
        st.html(str(in_language(fragment, language=self.language)))

    def say(self, key: str, **fields: object) -> str:
        """Return one of the pages' texts."""
        return say_words("dashboards", key, self.language, **fields)

    def sayer(self, name: str) -> Callable[..., str]:
        """Return the function that says the texts of another section."""
        return lambda key, **fields: say_words(name, key, self.language, **fields)

    def name_of(self, kind: str, value: str) -> str:
        """Return the word for a value (an aspect, a signal, a mode), or the value itself if it has none."""
        words: Mapping[str, str] = section("dashboards", self.language)
        return words.get(f"{kind}.{value}", value)


def begin(visit: Visit) -> None:
    """Save the visit for the page that is about to run."""
    st.session_state[STATE] = visit


def current() -> Visit:
    """Return the visit that the entry saved."""
    return cast(Visit, st.session_state[STATE])


def now() -> datetime:
    """Return the present moment; the one clock of the pages."""
    return datetime.now(UTC)
