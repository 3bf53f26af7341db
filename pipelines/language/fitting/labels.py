"""Labelled sessions of guests as training rows: a manager's verdict, and corrected themes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.language.labels import KIND, KINDS, THEMES
from pipelines.language.measures import Measurer, Measures

LEAST_USEFUL = 70  # points of a session that its manager calls useful
MOST_NOT_USEFUL = 40
CAFE = "cafe:"  # begins the author's name: a café's guests are one voice, apart from the corpus's authors


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction of the claims about one theme.

    Attributes:
        theme: The theme as it was read.
        right: The right theme; the same if only the polarity was wrong.
        polarity: The right polarity; None if it was right.
    """

    theme: str
    right: str
    polarity: str | None


@dataclass(frozen=True, slots=True)
class LabelledSession:
    """A session with its manager's label.

    Attributes:
        session_id: The session.
        cafe: Its café's id.
        turns: The counted text of each turn, in composed form: data, never instructions.
        themes: The polarity of each theme as it was read when it was labelled.
        useful: The verdict; None if the label does not say.
        corrections: The corrected themes, one each.
    """

    session_id: str
    cafe: str
    turns: tuple[str, ...]
    themes: Mapping[str, str]
    useful: bool | None
    corrections: tuple[Correction, ...]

    @property
    def author(self) -> str:
        """Return the author of its training row."""
        return CAFE + self.cafe

    @property
    def right_themes(self) -> dict[str, str]:
        """Return its themes after the corrections, those that the model knows."""
        corrected = {each.theme for each in self.corrections}
        found = {theme: polarity for theme, polarity in self.themes.items() if theme not in corrected}
        for each in self.corrections:
            polarity = each.polarity or self.themes.get(each.theme)
            if polarity is not None:
                other = found.get(each.right, polarity)
                found[each.right] = polarity if other == polarity else "mixed"
        return {theme: polarity for theme, polarity in found.items() if theme in THEMES}


def label_rows(labelled: Sequence[LabelledSession], measurer: Measurer) -> list[dict[str, Any]]:
    """Return labelled sessions as training rows of the kind `sessions`.

    A verdict moves the score only as far as it contradicts the present one. Sessions without words are left out, and so
    are sessions that report a danger: a training row would say that they report none.

    Args:
        labelled: The sessions.
        measurer: The present model.
    """
    if not labelled:
        return []
    found = measurer.measure([each.turns for each in labelled])
    usable = with_words(found) & ~reports_danger(found, measurer.model.danger_from)
    kind = dict(zip(found.cut.sessions.sessions.tolist(), likeliest_kinds(found), strict=True))
    return [
        {
            "id": each.session_id,
            "author": each.author,
            "turns": list(each.turns),
            "quality": _quality(each.useful, float(found.quality[place])),
            "kind": "genuine" if each.useful else kind[place],
            "themes": each.right_themes,
        }
        for place, each in enumerate(labelled)
        if usable[place]
    ]


def with_words(measures: Measures) -> NDArray[np.bool_]:
    """Return which sessions have words."""
    found = np.zeros(measures.cut.sessions.size, dtype=np.bool_)
    found[measures.cut.sessions.sessions] = True
    return found


def reports_danger(measures: Measures, danger_from: float) -> NDArray[np.bool_]:
    """Return which sessions have a turn whose likelihood of a danger reaches the limit."""
    turns = np.flatnonzero(measures.danger >= danger_from)
    found = np.zeros(measures.cut.sessions.size, dtype=np.bool_)
    found[np.searchsorted(measures.cut.first_turn, turns, side="right") - 1] = True
    return found


def likeliest_kinds(measures: Measures) -> list[str]:
    """Return the likeliest kind of each session with words."""
    return [KINDS[place] for place in measures.values.sessions[:, KIND].argmax(axis=1).tolist()]


def _quality(useful: bool | None, present: float) -> float:
    if useful is None:
        return present
    return max(present, LEAST_USEFUL) if useful else min(present, MOST_NOT_USEFUL)
