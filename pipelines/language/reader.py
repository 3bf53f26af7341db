"""Reads one session: what its turns say, as `reading.py` describes it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from pipelines.language.labels import ACTS, BEGINS, DANGERS, DETAILS, KINDS, ROLE_OF_DETAIL, THEMES, WHO
from pipelines.language.measures import Measurer, Measures
from pipelines.language.model import shipped
from pipelines.language.reading import (
    Act,
    Claim,
    ClauseReading,
    Danger,
    Detail,
    Polarity,
    Reading,
    TurnReading,
)

CLAIMED_FROM = 0.3  # likelihood that a session praises or blames a theme
BOTH_FROM = 0.5  # of each side, from which a theme is mixed
DETAIL_FROM = 0.45
ROLE_FROM = 0.4


def claimed_sides(measures: Measures) -> NDArray[np.bool_]:
    """Return for each looked-at theme whether it is claimed with praise, and with blame."""
    praised, blamed = measures.praised, measures.blamed
    claimed = np.maximum(praised, blamed) >= CLAIMED_FROM
    both = np.minimum(praised, blamed) >= BOTH_FROM
    return np.stack([claimed & (both | (praised >= blamed)), claimed & (both | (praised < blamed))], axis=1)


def read(turns: Sequence[str]) -> Reading:
    """Return the reading of a session's turns by the shipped model."""
    return readings(measurer().measure([turns]), danger_from=measurer().model.danger_from)[0]


def readings(measures: Measures, *, danger_from: float) -> list[Reading]:
    """Return the readings of measured sessions.

    Args:
        measures: The sessions.
        danger_from: The likelihood from which a turn reports a danger.
    """
    cut = measures.cut
    clauses = _clauses(measures)
    turns = _turns(measures, danger_from)
    claims = _claims(measures)
    begins = np.full(cut.sessions.size, 0, dtype=np.int64)
    counts = np.zeros(cut.sessions.size, dtype=np.int64)
    begins[cut.sessions.sessions], counts[cut.sessions.sessions] = cut.sessions.begins, cut.sessions.counts
    place = {session: number for number, session in enumerate(cut.sessions.sessions.tolist())}
    ends = np.append(cut.first_turn[1:], cut.turns.size)
    found = []
    for session, (first, end, begin, count) in enumerate(
        zip(cut.first_turn.tolist(), ends.tolist(), begins.tolist(), counts.tolist(), strict=True)
    ):
        found.append(
            Reading(
                turns=tuple(turns[first:end]),
                clauses=tuple(clauses[begin : begin + count]),
                claims=tuple(claims.get(session, ())),
                quality=float(measures.quality[session]),
                kinds=_kinds(measures, place.get(session)),
            )
        )
    return found


@cache
def measurer() -> Measurer:
    """Return the measurer of the shipped model."""
    return Measurer(shipped())


def _clauses(measures: Measures) -> list[ClauseReading]:
    values = measures.values.clauses
    side = np.clip(0.5 + measures.polarity / 2, 0, 1)
    judged = np.clip(values[:, BEGINS["role +"]] + values[:, BEGINS["role -"]], 0, 1)
    gives = {detail: values[:, BEGINS[f"role {role}"]] >= ROLE_FROM for detail, role in ROLE_OF_DETAIL.items()}
    return [
        ClauseReading(
            turn=clause.turn,
            start=clause.start,
            end=clause.end,
            usefulness=float(measures.usefulness[number]),
            praise=float(side[number] * judged[number]),
            blame=float((1 - side[number]) * judged[number]),
            details=frozenset(cast(Detail, detail) for detail, given in gives.items() if given[number]),
        )
        for number, clause in enumerate(measures.cut.clauses)
    ]


def _turns(measures: Measures, danger_from: float) -> list[TurnReading]:
    layout = measures.cut.turns
    silent = TurnReading("nothing_to_say", {"nothing_to_say": 1.0}, 0.0, 0.0, frozenset(), None)
    found = [silent] * layout.size
    for number, turn in enumerate(layout.sessions.tolist()):
        acts = measures.acts[number]
        values = measures.values.turns[number]
        highest = np.argsort(-acts, kind="stable").tolist()
        found[turn] = TurnReading(
            act=cast(Act, ACTS[highest[0]]),
            acts={cast(Act, ACTS[place]): float(acts[place]) for place in highest},
            praise=float(np.clip(values[BEGINS["glad"]], 0, 1)),
            blame=float(np.clip(values[BEGINS["sorry"]], 0, 1)),
            details=frozenset(
                cast(Detail, detail)
                for place, detail in enumerate(DETAILS)
                if measures.details[number, place] >= DETAIL_FROM
            ),
            danger=_danger(float(measures.danger[turn]), values, danger_from),
        )
    return found


def _danger(likelihood: float, values: NDArray[np.float32], danger_from: float) -> Danger | None:
    if likelihood < danger_from:
        return None
    kind, who = BEGINS[f"danger {DANGERS[0]}"], BEGINS[f"who {WHO[0]}"]
    return Danger(
        kind=DANGERS[int(values[kind : kind + len(DANGERS)].argmax())],
        when="earlier" if values[BEGINS["earlier"]] > values[BEGINS["now"]] else "now",
        who=WHO[int(values[who : who + len(WHO)].argmax())],
        likelihood=min(1.0, likelihood),
    )


def _claims(measures: Measures) -> dict[int, list[Claim]]:
    found: dict[int, list[Claim]] = {}
    sides = claimed_sides(measures)
    for number in np.flatnonzero(sides.any(axis=1)).tolist():
        clause = measures.cut.clauses[int(measures.theme_clause[number])]
        good, bad = sides[number].tolist()
        polarity: Polarity = "mixed" if good and bad else "positive" if good else "negative"
        found.setdefault(int(measures.theme_session[number]), []).append(
            Claim(
                theme=THEMES[int(measures.theme[number])],
                polarity=polarity,
                turn=clause.turn,
                start=clause.start,
                end=clause.end,
                strength=float(np.clip(max(measures.praised[number], measures.blamed[number]), 0, 1)),
            )
        )
    for claims in found.values():
        claims.sort(key=lambda claim: (claim.turn, claim.start, claim.theme))
    return found


def _kinds(measures: Measures, place: int | None) -> dict[str, float]:
    if place is None:
        return {"silent": 1.0}
    values = measures.values.sessions[place]
    return {kind: float(np.clip(values[BEGINS[f"kind {kind}"]], 0, 1)) for kind in KINDS}
