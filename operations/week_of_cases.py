"""This week's three things of a café, without what its earlier cases are already about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from pipelines.cases.proposals import URGENT, Proposals, three_things
from storage.store.cafes.cases import Case

if TYPE_CHECKING:
    import polars as pl


def week_of_cases(
    feedback: pl.DataFrame, *, week: date, cases: Sequence[Case], sessions: Mapping[str, Sequence[str]]
) -> Proposals:
    """Return the three things.

    Args:
        feedback: FEEDBACK_COLUMNS of the café's `feedback_days`.
        week: The week's Monday.
        cases: The café's cases.
        sessions: The sessions that each case links, by its id.
    """
    earlier = [each for each in cases if each.week < week]
    return three_things(
        feedback,
        week=week,
        taken=[each.subject for each in earlier if each.status in ("open", "doing")],
        handled=[one for each in earlier if each.subject == URGENT for one in sessions.get(each.id, ())],
    )
