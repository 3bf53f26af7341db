"""The customers' pages to probe: one address a café, cached while the store is away."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from pilot.errors import PilotError
from storage.home import Home
from storage.store.cafes import codes

_log = structlog.get_logger("operations.watch")


@dataclass(frozen=True, slots=True)
class Page:
    """One café's customer page.

    Attributes:
        cafe: The café's id.
        name: Its name, which the page must show.
        url: The page's address for a customer's phone.
    """

    cafe: str
    name: str
    url: str


class Pages:
    """Reads the pages from the store each time, and falls back on the last result."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._known: tuple[Page, ...] = ()

    def current(self) -> tuple[Page, ...]:
        """Return one page for each café that has a code."""
        try:
            cafes = {cafe.id: cafe for cafe in self._home.cafes().cafe}
            first: dict[str, str] = {}
            for code in codes.active(self._home.store()):
                first.setdefault(code.cafe, code.code)
            public = self._home.settings.public_url
            self._known = tuple(
                Page(cafe=cafe_id, name=cafe.name, url=f"{public}/c/{first[cafe_id]}")
                for cafe_id, cafe in cafes.items()
                if cafe_id in first
            )
        except PilotError as error:
            _log.warning("pages cannot be refreshed", reason=type(error).__name__, known=len(self._known))
        return self._known
