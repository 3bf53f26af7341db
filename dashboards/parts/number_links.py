"""Numbers that open their sessions: links to the list, filtered as the number is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup, escape

from dashboards.choices.session_filter import list_address
from dashboards.fragments import render
from dashboards.reading.session_list import SessionFilter
from dashboards.visit import Visit
from pilot.formatting import number


@dataclass(frozen=True, slots=True)
class Behind:
    """The cafés and days that a page's numbers are counted over.

    Attributes:
        cafes: One café, or all that the reader may see.
        first: The first day.
        last: The last day.
        daypart: Only this part of the day; empty for all.
    """

    cafes: tuple[str, ...]
    first: date
    last: date
    daypart: str = ""

    def plain(self, visit: Visit, count: float) -> Markup:
        """Return a number that is no number of sessions, or none."""
        return escape(number(count, language=visit.language))

    def opens(self, visit: Visit, count: float, what: str, **wanted: str) -> Markup:
        """Return a number as a link to its sessions, named for screen readers; a zero is no link.

        Args:
            visit: The visit.
            count: The number.
            what: What is counted, in words.
            **wanted: The fields of the list's filter.
        """
        if not count:
            return self.plain(visit, count)
        shown = number(count, language=visit.language)
        chosen = SessionFilter(**{"daypart": self.daypart, **wanted})
        address = list_address(visit, cafes=self.cafes, first=self.first, last=self.last, wanted=chosen)
        return render("number_link", url=address, text=shown, name=visit.say("sessions.open", count=shown, what=what))


def in_text(text: str, **numbers: Markup) -> Markup:
    """Return a text with linked numbers in place of its fields."""
    return escape(text).format(**numbers)


def number_table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Markup:
    """Return a table whose numbers may be links; the first column names the row."""
    return render("number_table", caption=caption, heads=heads, rows=rows)
