"""Whether a store knows Swedish: the order of å, ä and ö, and Stockholm's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text

from pilot.business_days import local_time
from pilot.swedish_order import swedish_key
from storage.store.engine import Store

WORDS = ("Öster", "Zita", "Ängen", "Åsa", "Ystad", "Éva", "Eva")
IN_ORDER = tuple(sorted(WORDS, key=swedish_key))
SUMMER, WINTER = datetime(2026, 7, 1, 12, tzinfo=UTC), datetime(2026, 12, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SwedishLocale:
    """What a store knows of Swedish.

    Attributes:
        collation: The collation that was tried; empty if the pages' own order is the only one.
        in_order: Whether it sorts as the Swedish alphabet.
        knows_clock: Whether Stockholm's clock is right in summer and winter.
    """

    collation: str
    in_order: bool
    knows_clock: bool

    @property
    def ok(self) -> bool:
        """Return whether both are right."""
        return self.in_order and self.knows_clock


def swedish_locale(store: Store) -> SwedishLocale:
    """Return what a store knows of Swedish; SQLite sorts nothing here, so the pages' own order is tried.

    Raises:
        StoreAway: the store does not answer.
    """
    if store.engine.dialect.name != "postgresql":
        ours = IN_ORDER[-3:] == ("Åsa", "Ängen", "Öster")
        return SwedishLocale("", ours, [local_time(each).hour for each in (SUMMER, WINTER)] == [14, 13])
    known = text("SELECT collname FROM pg_collation WHERE collname = 'sv-SE-x-icu'")
    ordered = text('SELECT word FROM unnest(CAST(:words AS text[])) AS word ORDER BY word COLLATE "sv-SE-x-icu"')
    hours = text("SELECT EXTRACT(HOUR FROM CAST(:at AS timestamptz) AT TIME ZONE 'Europe/Stockholm')")
    with store.reading() as connection:
        clock = [int(connection.execute(hours, {"at": each}).scalar_one()) for each in (SUMMER, WINTER)] == [14, 13]
        if connection.execute(known).first() is None:  # Built without ICU: the pages' own order is used anyway.
            return SwedishLocale("", True, clock)
        found = tuple(connection.execute(ordered, {"words": list(WORDS)}).scalars())
    return SwedishLocale("sv-SE-x-icu", found == IN_ORDER, clock)
