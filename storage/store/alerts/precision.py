"""The precision of alerts: how often each kind fired, and how often it was right to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from storage.store.alerts.episodes import Episode


@dataclass(frozen=True, slots=True)
class KindFigures:
    """The precision of one kind of alert in a period.

    Attributes:
        name: The kind.
        fired: Its episodes.
        judged_true: Those that a person judged right to fire.
        judged_false: Those judged wrong.
        acknowledged: Those acknowledged by a person.
        slowest: The longest time from the first firing to the acknowledgement; None without one.
    """

    name: str
    fired: int
    judged_true: int
    judged_false: int
    acknowledged: int
    slowest: timedelta | None

    @property
    def unjudged(self) -> int:
        """Return the episodes without a verdict."""
        return self.fired - self.judged_true - self.judged_false


def figures(episodes: Sequence[Episode]) -> list[KindFigures]:
    """Return the precision of each kind among some episodes, by name."""
    found = []
    for name in sorted({each.name for each in episodes}):
        mine = [each for each in episodes if each.name == name]
        took = [each.acknowledged_at - each.began_at for each in mine if each.acknowledged_at is not None]
        found.append(
            KindFigures(
                name,
                len(mine),
                sum(each.verdict == "true" for each in mine),
                sum(each.verdict == "false" for each in mine),
                len(took),
                max(took, default=None),
            )
        )
    return found
