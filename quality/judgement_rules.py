"""Expectations of `judgements`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pilot.cafes import Cafes
from pilot.lake_tables.tables import JUDGEMENTS, SESSIONS
from quality.feedback_rules import SUBSCORES
from quality.rules import Evidence, Rule, between, cafe_in_file, declaration_rules

if TYPE_CHECKING:
    import pandas as pd


def judgement_rules(cafes: Cafes) -> Iterator[Rule]:
    """Yield the suite of `judgements`."""
    yield from declaration_rules(JUDGEMENTS)
    yield cafe_in_file(cafes)
    yield between("judged_score", 0, 100)
    yield between("quotes_refused", 0, len(SUBSCORES))
    yield Rule("each_criterion_has_points", fact=_sub_scores)
    yield Rule("points_have_quote_places", fact=_borne_out)
    yield Rule("of_completed_session", fact=_of_session)


def _sub_scores(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["sub_scores"].map(_complete).astype(bool)


def _complete(text: Any) -> bool:
    points = _read(text)
    return set(points) == set(SUBSCORES) and all(type(value) is int and 0 <= value <= 100 for value in points.values())


def _borne_out(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    return frame["sub_scores"].combine(frame["quotes"], _places).astype(bool)


def _places(points: Any, quotes: Any) -> bool:
    places = _read(quotes)
    earned = {name for name, value in _read(points).items() if value}
    return earned <= set(places) and all(
        isinstance(place, list) and len(place) == 3 and all(type(part) is int for part in place)
        for place in places.values()
    )


def _of_session(frame: pd.DataFrame, evidence: Evidence) -> pd.Series[bool]:
    sessions = evidence.references[SESSIONS.name]
    return frame["session_id"].isin(sessions[sessions["outcome"] == "completed"]["session_id"])


def _read(text: Any) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
