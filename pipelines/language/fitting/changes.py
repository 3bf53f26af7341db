"""The changes that another version of the model would bring, to labels, sessions and dangers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from pipelines.language.fitting.agreement import UNUSABLE
from pipelines.language.fitting.figures import themes_of
from pipelines.language.fitting.labels import LabelledSession
from pipelines.language.fitting.sample import ELIGIBLE_ABOVE
from pipelines.language.labels import THEMES
from pipelines.language.measures import Measurer

MOST_SHOWN = 10  # of the largest changes of score

Bits = NDArray[np.bool_]
Texts = Sequence[Sequence[str]]


class Agreed(BaseModel):
    """How many of some statements the present and the new version agree with.

    Attributes:
        of: The statements.
        present: The present version agrees with.
        new: The new version agrees with.
        gained: Only the new version agrees with.
        lost: Only the present version agrees with.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: int
    present: int
    new: int
    gained: int
    lost: int

    @classmethod
    def between(cls, present: Bits, new: Bits) -> Agreed:
        """Return the counts of two versions' agreement with the same statements."""
        return cls(
            of=len(present),
            present=int(present.sum()),
            new=int(new.sum()),
            gained=int((new & ~present).sum()),
            lost=int((present & ~new).sum()),
        )

    @property
    def chance(self) -> float:
        """Return the probability of so many gained, or more, by chance: the sign test."""
        number = self.gained + self.lost
        return sum(comb(number, hits) for hits in range(self.gained, number + 1)) / (1 << number)


class ScoreChange(BaseModel):
    """The points of one session of the corpus by the present and the new version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    session: str
    present: int
    new: int


class ThemeChange(BaseModel):
    """The number of the corpus's sessions that gain or lose a theme, or whose polarity of it turns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    theme: str
    gained: int
    lost: int
    turned: int


class Changes(BaseModel):
    """What a new version changes.

    Attributes:
        present: The present version.
        new: The new version.
        labelled: Labelled sessions.
        trained_on: The labelled sessions that the new version was fitted to.
        verdicts: Agreement with verdicts, which the new version was fitted to: a memory.
        themes: The same of corrected themes.
        unseen_verdicts: The same by models fitted without the café's labels: a measurement; None if there is one café.
        unseen_themes: The same of corrected themes.
        sessions: Sessions of the corpus.
        became_eligible: Those that only the new version finds eligible, before signals cap a score.
        no_longer_eligible: Those that only the present version finds eligible.
        unusable_eligible: Sessions of no use that the present and the new version find eligible.
        largest: The largest changes of score.
        themes_changed: Sessions whose themes or polarities change.
        by_theme: The changes of each theme that changes.
        dangers: The corpus's dangers that the present and the new version report.
        false_dangers: Its utterances that only sound like a danger and that they report as one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    present: str
    new: str
    labelled: int
    trained_on: int
    verdicts: Agreed
    themes: Agreed
    unseen_verdicts: Agreed | None
    unseen_themes: Agreed | None
    sessions: int
    became_eligible: int
    no_longer_eligible: int
    unusable_eligible: tuple[int, int]
    largest: tuple[ScoreChange, ...]
    themes_changed: int
    by_theme: tuple[ThemeChange, ...]
    dangers: tuple[int, int]
    false_dangers: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Statements:
    """Whether a version agrees with each verdict, and with each correction, of some labels."""

    verdicts: Bits
    themes: Bits


def statements(labelled: Sequence[LabelledSession], measurer: Measurer) -> Statements:
    """Return whether a model agrees with labels.

    It agrees with a verdict if the score is on its side of the reward's threshold, and with a correction if it claims
    the right theme, with the right polarity if one is given, and no longer the wrong theme.
    """
    found = measurer.measure([each.turns for each in labelled])
    eligible, claimed = _points(found.quality) > ELIGIBLE_ABOVE, themes_of(found, len(THEMES))
    verdicts = [bool(eligible[place]) == each.useful for place, each in enumerate(labelled) if each.useful is not None]
    themes = [agrees for place, each in enumerate(labelled) for agrees in _corrections(each, claimed[place])]
    return Statements(np.array(verdicts, dtype=np.bool_), np.array(themes, dtype=np.bool_))


def compare(
    present: Measurer,
    new: Measurer,
    *,
    labelled: Sequence[LabelledSession],
    trained_on: int,
    unseen: tuple[Statements, Statements] | None,
    sessions: Sequence[dict[str, Any]],
    dangers: Sequence[dict[str, Any]],
) -> Changes:
    """Return what a new version changes.

    Args:
        present: The present version.
        new: The new version.
        labelled: Labelled sessions.
        trained_on: The number of those that the new version was fitted to.
        unseen: Agreement of the present version, and of versions without the café's labels; None if not measured.
        sessions: Rows of the corpus's sessions.
        dangers: Rows of its dangers.
    """
    before, after = (statements(labelled, measurer) for measurer in (present, new))
    texts = [row["turns"] for row in sessions]
    measured = [measurer.measure(texts) for measurer in (present, new)]
    points, new_points = (_points(each.quality) for each in measured)
    eligible, new_eligible = points > ELIGIBLE_ABOVE, new_points > ELIGIBLE_ABOVE
    unusable = np.array([row["kind"] in UNUSABLE for row in sessions], dtype=np.bool_)
    claimed, new_claimed = (themes_of(each, len(THEMES)) for each in measured)
    hits, false = zip(*(_dangers(measurer, dangers) for measurer in (present, new)), strict=True)
    return Changes(
        present=present.model.version,
        new=new.model.version,
        labelled=len(labelled),
        trained_on=trained_on,
        verdicts=Agreed.between(before.verdicts, after.verdicts),
        themes=Agreed.between(before.themes, after.themes),
        unseen_verdicts=None if unseen is None else Agreed.between(unseen[0].verdicts, unseen[1].verdicts),
        unseen_themes=None if unseen is None else Agreed.between(unseen[0].themes, unseen[1].themes),
        sessions=len(sessions),
        became_eligible=int((new_eligible & ~eligible).sum()),
        no_longer_eligible=int((eligible & ~new_eligible).sum()),
        unusable_eligible=(int((eligible & unusable).sum()), int((new_eligible & unusable).sum())),
        largest=tuple(
            ScoreChange(session=sessions[place]["id"], present=int(points[place]), new=int(new_points[place]))
            for place in np.argsort(-np.abs(new_points - points), kind="stable")[:MOST_SHOWN].tolist()
            if new_points[place] != points[place]
        ),
        themes_changed=int((claimed != new_claimed).any(axis=(1, 2)).sum()),
        by_theme=_by_theme(claimed, new_claimed),
        dangers=hits,
        false_dangers=false,
    )


def _points(quality: NDArray[np.float32]) -> NDArray[np.int64]:
    return np.rint(quality).astype(np.int64)


def _corrections(labelled: LabelledSession, claimed: Bits) -> list[bool]:
    right = labelled.right_themes
    found = []
    for each in labelled.corrections:
        if each.right not in right:
            continue
        sides = claimed[THEMES.index(each.right)]
        wanted = [right[each.right] != "negative", right[each.right] != "positive"]
        wrong = each.theme in THEMES and each.theme not in right and bool(claimed[THEMES.index(each.theme)].any())
        found.append(not wrong and bool(sides.any()) and (each.polarity is None or sides.tolist() == wanted))
    return found


def _by_theme(claimed: Bits, new_claimed: Bits) -> tuple[ThemeChange, ...]:
    had, has = claimed.any(axis=2), new_claimed.any(axis=2)
    gained, lost = (has & ~had).sum(axis=0), (had & ~has).sum(axis=0)
    turned = (had & has & (claimed != new_claimed).any(axis=2)).sum(axis=0)
    changes = [
        ThemeChange(theme=theme, gained=int(gained[place]), lost=int(lost[place]), turned=int(turned[place]))
        for place, theme in enumerate(THEMES)
    ]
    return tuple(each for each in changes if each.gained or each.lost or each.turned)


def _dangers(measurer: Measurer, rows: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """Return how many dangers are reported, and how many utterances without one."""
    reported = measurer.measure([[str(row["text"])] for row in rows]).danger >= measurer.model.danger_from
    real = np.array([row["danger"] != "none" for row in rows], dtype=np.bool_)
    return int((reported & real).sum()), int((reported & ~real).sum())
