"""Covers staff's names and harmful words in SQL, for readers who may not see them."""

from __future__ import annotations

import re
from dataclasses import dataclass

HARMFUL_SIGNAL, HARMFUL_FLAG = "abuse", "urgent_harassment"
NAMED = "[namn]"  # the marker of a name that was redacted before it was stored


@dataclass(frozen=True, slots=True)
class Cover:
    """What of the guests' words is covered for one reader; part of every cache key.

    Attributes:
        harmful: Whether the reader may see staff's names, and unfold harmful words.
        staff: The names of the cafés' staff.
    """

    harmful: bool
    staff: tuple[str, ...] = ()

    def words(self, column: str) -> str:
        """Return the SQL expression of a text without the staff's names.

        Two names can share the letter between them, so that it is done twice.
        """
        if self.harmful or not self.staff:
            return column
        once = f"regexp_replace({{}}, {_quoted(self._pattern())}, '\\1{NAMED}\\2', 'gi')"
        return once.format(once.format(column))

    def may_read(self, feedback: str) -> str:
        """Return the SQL condition under which a session's words are read at all.

        Args:
            feedback: The name of SCORED_FEEDBACK in the query.
        """
        return "true" if self.harmful else f"{reason(feedback)} = ''"

    def _pattern(self) -> str:
        names = "|".join(re.escape(name) for name in sorted(self.staff, key=len, reverse=True))
        return rf"(^|[^\pL\pN])(?:{names})(?:['’]?s)?($|[^\pL\pN])"


def reason(feedback: str) -> str:
    """Return the SQL expression for why a session's words are folded away; empty if they are not."""
    return (
        f"case when list_contains({feedback}.signals, '{HARMFUL_SIGNAL}') then '{HARMFUL_SIGNAL}' "
        f"when list_contains(coalesce({feedback}.flags, []), '{HARMFUL_FLAG}') then '{HARMFUL_FLAG}' else '' end"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
