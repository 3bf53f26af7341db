"""Labelled sessions with their words, from the store and the lake."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING

from pilot.errors import PilotError

if TYPE_CHECKING:
    from pipelines.language.fitting.labels import LabelledSession
    from storage.home import Home
    from storage.store.cafes.feedback_labels import Label


class NothingLabelled(PilotError):
    """There is no label that the model can learn from."""


def labelled_sessions(opened: Home) -> list[LabelledSession]:
    """Return the labelled sessions that are scored and whose words are kept; simulated ones are left out.

    Raises:
        NothingLabelled: There is none.
    """
    import polars as pl

    from pilot.lake_tables.tables import SCORED_FEEDBACK, TURNS
    from pipelines.feedback.counting_turns import counts_as_feedback
    from storage.store.cafes.feedback_labels import labels
    from storage.store.privacy import tombstones

    given = labels(opened.store())
    if not given:
        raise NothingLabelled(
            "No feedback of a real guest is labelled yet.",
            remedy="Label some: `pilot language label REFERENCE --useful --by NAME --reason WHY`.",
        )
    days = {each.day for each in given}
    erased = frozenset[str]().union(*(tombstones.for_day(opened.store(), day) for day in days))
    kept = [each for each in given if each.session_id not in erased]
    names = [each.session_id for each in kept]
    turns = (
        opened.lake()
        .read(TURNS, days=days, columns=["session_id", "turn", "transcript", "low_confidence"])
        .filter(pl.col("session_id").is_in(names) & counts_as_feedback())
        .sort("session_id", "turn")
        .group_by("session_id", maintain_order=True)
        .agg("transcript")
    )
    scored = opened.lake().read(SCORED_FEEDBACK, days=days, columns=["session_id", "themes"])
    said, themes = dict(turns.iter_rows()), dict(scored.iter_rows())
    found = [
        _labelled(each, said[each.session_id], themes[each.session_id])
        for each in kept
        if each.session_id in said and each.session_id in themes
    ]
    if not found:
        raise NothingLabelled(
            f"None of the {len(given)} labelled sessions is scored and has words.",
            remedy="Try again when their day is scored, or label later ones: words are kept for a limited time.",
        )
    return found


def _labelled(label: Label, said: list[str], themes: str | None) -> LabelledSession:
    from pipelines.language.fitting.labels import Correction, LabelledSession

    return LabelledSession(
        session_id=label.session_id,
        cafe=label.cafe,
        turns=tuple(unicodedata.normalize("NFC", text) for text in said),
        themes=json.loads(themes or "{}"),
        useful=label.useful,
        corrections=tuple(
            Correction(each.theme, each.new_theme or each.theme, each.polarity) for each in label.corrections
        ),
    )
