"""The cafés drawn beside each other: all of a few, else the chosen ones, else those most in need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import streamlit as st

from dashboards.reading.kpi_figures import KpiFigure
from dashboards.visit import Visit
from pilot.cafes import Cafe
from pilot.composed import composed
from pilot.swedish_order import swedish_key

MOST_BESIDE = 5  # columns that can be read on a laptop
NAME = "bredvid"  # in the address


def cafes_beside(visit: Visit, shown: Iterable[KpiFigure]) -> tuple[Cafe, ...]:
    """Return the cafés to draw; with more than `MOST_BESIDE`, also draw their choice.

    Args:
        visit: The visit.
        shown: The figures of the day, by which those that miss most targets are found.
    """
    if len(visit.cafes) <= MOST_BESIDE:
        return visit.cafes
    names = {cafe.id: cafe.name for cafe in visit.cafes}
    default = _in_need(names, shown)
    if NAME not in st.session_state:
        asked = [each for each in composed(st.query_params.get(NAME, "")).split(",") if each in names]
        st.session_state[NAME] = list(dict.fromkeys(asked))[:MOST_BESIDE] or default
    chosen = st.multiselect(
        visit.say("overview.beside.label"),
        sorted(names, key=lambda cafe: swedish_key(names[cafe])),
        format_func=names.__getitem__,
        max_selections=MOST_BESIDE,
        placeholder=visit.say("overview.beside.placeholder"),
        help=visit.say("overview.beside.what", most=MOST_BESIDE, all=len(names)),
        key=NAME,
    )
    if set(chosen) in (set(default), set()):
        st.query_params.pop(NAME, None)
    else:
        st.query_params[NAME] = ",".join(chosen)
    wanted = chosen or default
    return tuple(cafe for cafe in visit.cafes if cafe.id in wanted)


def _in_need(names: dict[str, str], shown: Iterable[KpiFigure]) -> list[str]:
    """Return the cafés that miss most targets, then those with fewest met, by name."""
    missed: Counter[str] = Counter()
    met: Counter[str] = Counter()
    for figure in shown:
        missed[figure.cafe] += figure.verdict == "missed"
        met[figure.cafe] += figure.verdict == "met"
    return sorted(names, key=lambda cafe: (-missed[cafe], met[cafe], swedish_key(names[cafe])))[:MOST_BESIDE]
