"""Signals within a session that cap its score, whatever else was said.

The transcript is data. A sentence addressed to the scoring machine, about points, rules or payouts, cannot raise a
score; it can only be detected here. The limits were chosen on authors whom the model had not seen, see docs/signals.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from pipelines.language.heads import Floats
from pipelines.language.labels import ACTS, BEGINS
from pipelines.language.measures import UNUSABLE_FROM, Measures
from pipelines.language.tokens import Ints
from pipelines.scoring.layout import highest, session_of_clause, session_of_turn
from pipelines.scoring.names import CafeNames
from pipelines.scoring.structure import LEAST_LISTED, is_menu, is_repetition, is_silence

# The maximum score of a session with the signal, by the rubric's bands.
CAPS: Mapping[str, int] = MappingProxyType(
    {
        "silence": 0,
        "gibberish": 5,
        "injection": 10,
        "off_topic": 12,
        "repetition": 15,
        "abuse": 15,
        "stuffing": 25,
        "menu_read": 25,
        "contradiction": 50,
    }
)
NAMES = tuple(sorted(CAPS))

# Likelihoods, about 0-1, from which a signal is raised.
INJECTION_FROM = 1.3  # sum of a clause's "injection" and "talks to the machine", see `_injected`
LEAST_INJECTION, LEAST_INJECTION_WORDS = 0.25, 4  # of that clause: an insult talks to the machine, too
QUESTIONS_COUNT = 0.5  # less: "are you a robot?" also talks to the machine
NEIGHBOURS_COUNT = 0.5  # more: a demand often takes two clauses
GIBBERISH_FROM, STUFFING_FROM, OFF_TOPIC_FROM = 0.3, 0.5, 0.3
OF_KIND_AND_UNUSABLE_FROM = 0.85  # sum of the kind and of being of no use
MENU_FROM = 0.1  # of being of no use: praise of a dish by its full name is no menu
ABUSIVE_FROM = 0.35
ACT_FROM = 0.5  # a turn's act
MOST_OF_ABUSE = 45  # points: feedback that says more is no mere abuse
CONTRADICTORY_FROM = 0.45

Flags = NDArray[np.bool_]


def signals(measures: Measures, *, words: Sequence[Sequence[str]], names: Sequence[CafeNames]) -> dict[str, Flags]:
    """Return for each signal whether each session has it.

    Args:
        measures: The sessions.
        words: Their spoken words.
        names: Their cafés' names.
    """
    silent = _flags(is_silence(own) for own in words)
    kinds = {name: _kind(measures, name) for name in ("gibberish", "silent", "stuffing", "offtopic", "abusive")}
    acts = {name: _act(measures, name) for name in ("abuse", "off_topic")}
    unusable = measures.unusable
    likely = unusable >= MENU_FROM
    menu = _flags(
        possible and is_menu(own, cafe) for possible, own, cafe in zip(likely.tolist(), words, names, strict=True)
    )
    wordless = np.ones(len(words), dtype=np.bool_)
    wordless[measures.cut.sessions.sessions] = False  # codes and symbols, cut away
    garbled = np.maximum(kinds["gibberish"], kinds["silent"])
    stuffing = (
        (kinds["stuffing"] >= STUFFING_FROM)
        & (kinds["stuffing"] + unusable >= OF_KIND_AND_UNUSABLE_FROM)
        & _flags(len(own) >= LEAST_LISTED for own in words)
    )
    raised = {
        "silence": silent,
        "gibberish": wordless
        | ((garbled >= GIBBERISH_FROM) & (garbled + unusable >= OF_KIND_AND_UNUSABLE_FROM) & ~stuffing),
        "injection": _injected(measures),
        "off_topic": (kinds["offtopic"] >= OFF_TOPIC_FROM)
        | ((unusable >= UNUSABLE_FROM) & (acts["off_topic"] >= ACT_FROM)),
        "repetition": _flags(is_repetition(own) for own in words),
        "abuse": (kinds["abusive"] >= ABUSIVE_FROM) & (acts["abuse"] >= ACT_FROM) & (measures.quality <= MOST_OF_ABUSE),
        "stuffing": stuffing & ~menu,
        "menu_read": menu,
        "contradiction": _kind(measures, "contradictory") >= CONTRADICTORY_FROM,
    }
    return {name: flags if name == "silence" else flags & ~silent for name, flags in raised.items()}


def _injected(measures: Measures) -> Flags:
    """Find sessions with a clause that speaks to the scoring machine, however much else is said around it."""
    cut = measures.cut
    if not len(cut.clauses):
        return np.zeros(cut.sessions.size, dtype=np.bool_)
    injection = measures.values.clauses[:, BEGINS["kind injection"]]
    asks = measures.acts[:, [ACTS.index(act) for act in ("asks_if_ai", "question")]].sum(axis=1)
    spoken_to = injection + measures.values.clauses[:, BEGINS["role j"]] - QUESTIONS_COUNT * asks[cut.turns.session]
    likely = spoken_to + NEIGHBOURS_COUNT * _beside(spoken_to, cut.turns.session)
    likely[(injection < LEAST_INJECTION) | (cut.sessions.words < LEAST_INJECTION_WORDS)] = 0
    found: Flags = highest(likely, session_of_clause(cut), cut.sessions.size) >= INJECTION_FROM
    return found


def _beside(values: Floats, turn: Ints) -> Floats:
    """Return the higher value of each clause's neighbours in its turn, 0-1."""
    same = turn[1:] == turn[:-1]
    found = np.zeros_like(values)
    found[1:][same] = values[:-1][same]
    found[:-1][same] = np.maximum(found[:-1][same], values[1:][same])
    return np.clip(found, 0, 1)


def _kind(measures: Measures, name: str) -> Floats:
    """Return each session's likelihood of a kind; 0 without words."""
    layout = measures.cut.sessions
    found = np.zeros(layout.size, dtype=np.float32)
    if len(layout.sessions):
        found[layout.sessions] = measures.values.sessions[:, BEGINS[f"kind {name}"]]
    return found


def _act(measures: Measures, name: str) -> Floats:
    """Return each session's highest likelihood of an act."""
    size = measures.cut.sessions.size
    if not len(measures.acts):
        return np.zeros(size, dtype=np.float32)
    return highest(measures.acts[:, ACTS.index(name)], session_of_turn(measures.cut), size)


def _flags(found: Iterable[bool]) -> Flags:
    return np.fromiter(found, np.bool_)
