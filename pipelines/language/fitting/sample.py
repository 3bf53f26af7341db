"""The labelled corpus as arrays: sessions, answers and dangers, their clauses, turns and targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.language.clauses import Clause
from pipelines.language.cut import Cut
from pipelines.language.fitting import corpus
from pipelines.language.fitting.attacks import attack_sessions
from pipelines.language.fitting.corpus import ClauseLabel
from pipelines.language.labels import (
    ACT_TARGETS,
    ACTS,
    CLAIM_TARGETS,
    CLAUSE_TARGETS,
    DANGER_TARGETS,
    DANGERS,
    DETAIL_TARGETS,
    DETAILS,
    KINDS,
    ROLES,
    SESSION_TARGETS,
    THEMES,
    WHEN,
    WHO,
)
from pipelines.language.tokens import words

SHARES = (0.0, 0.15, 0.45, 0.7)  # of a session's usefulness, by a clause's grade 0-3
ELIGIBLE_ABOVE = 60
OVERLAP = 0.7  # share of the shorter one's words from which a clause and a quote are the same statement

Doubles = NDArray[np.float64]
Texts = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Sample:
    """Labelled rows of the corpus, each some turns of one author, and what is known of them.

    Targets are NaN where they are not labelled.

    Attributes:
        rows: The corpus's rows.
        source: By row: sessions, conversations or danger.
        author: By row.
        cut: Their clauses.
        clause_targets: By clause, see CLAUSE_TARGETS.
        claim_targets: By clause, see CLAIM_TARGETS.
        answer_targets: By turn, see CLAIM_TARGETS: of conversations' answers.
        act_targets: By turn, see ACT_TARGETS.
        detail_targets: By turn, see DETAIL_TARGETS: of first answers.
        danger_targets: By turn, see DANGER_TARGETS.
        session_targets: By row, see SESSION_TARGETS.
    """

    rows: Sequence[dict[str, Any]]
    source: Texts
    author: Texts
    cut: Cut
    clause_targets: Doubles
    claim_targets: Doubles
    answer_targets: Doubles
    act_targets: Doubles
    detail_targets: Doubles
    danger_targets: Doubles
    session_targets: Doubles

    @property
    def row_of_clause(self) -> NDArray[np.int64]:
        """Return each clause's row."""
        return self.cut.sessions.sessions[self.cut.sessions.session]

    @property
    def row_of_turn(self) -> NDArray[np.int64]:
        """Return each turn's row."""
        ends = np.append(self.cut.first_turn[1:], self.cut.turns.size)
        return np.repeat(np.arange(len(self.rows)), ends - self.cut.first_turn)

    @property
    def themes(self) -> NDArray[np.bool_]:
        """Return by session, theme and side whether it is praised (0), or blamed (1)."""
        found = np.zeros((len(self.rows), len(THEMES), 2), dtype=np.bool_)
        for number, (row, source) in enumerate(zip(self.rows, self.source, strict=True)):
            for theme, polarity in (row["themes"] if source == "sessions" else {}).items():
                found[number, THEMES.index(theme)] = polarity != "negative", polarity != "positive"
        return found


def training_rows() -> tuple[list[tuple[corpus.Kind, dict[str, Any]]], dict[str, list[ClauseLabel]]]:
    """Return all rows that are not sealed, with attacks and statements, and the labels of clauses."""
    kinds: tuple[corpus.Kind, ...] = ("sessions", "conversations", "danger")
    rows = [(kind, row) for kind in kinds for author in corpus.authors(kind) for row in corpus.rows(kind, author)]
    labels = dict(corpus.clause_labels())
    attacks, own = attack_sessions([row for kind, row in rows if kind == "sessions"], labels)
    others = [*attacks, *corpus.statements()]
    return [*rows, *(("sessions", row) for row in others)], labels | own


def turns_of(row: dict[str, Any], source: corpus.Kind) -> list[str]:
    """Return the turns of a row of the corpus."""
    if source == "sessions":
        return list(row["turns"])
    return [str(row["answer" if source == "conversations" else "text"])]


def sample(rows: Sequence[tuple[corpus.Kind, dict[str, Any]]], labels: Mapping[str, list[ClauseLabel]]) -> Sample:
    """Return labelled rows as arrays."""
    cut = Cut.of([turns_of(row, source) for source, row in rows])
    begins, counts = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    begins[cut.sessions.sessions], counts[cut.sessions.sessions] = cut.sessions.begins, cut.sessions.counts
    clause, claim = [], []
    answer, act, detail, danger, session = [], [], [], [], []
    dangers = corpus.dangers_in_sessions()
    for (source, row), begin, count in zip(rows, begins.tolist(), counts.tolist(), strict=True):
        some = cut.clauses[begin : begin + count]
        turns = len(turns_of(row, source))
        clause += _annotated(labels.get(row["id"]) if source == "sessions" else None, some)
        claim += _claimed(row, some) if source == "sessions" else _unknown(CLAIM_TARGETS, len(some))
        session += _session(row, source)
        answer += _answer(row, source, turns)
        act += _act(row, source, turns)
        detail += _details(row, source, turns)
        danger += _danger(row, source, turns, dangers)
    return Sample(
        rows=[row for _, row in rows],
        source=np.array([source for source, _ in rows]),
        author=np.array([row["author"] for _, row in rows]),
        cut=cut,
        clause_targets=np.array(clause, dtype=np.float64).reshape(-1, len(CLAUSE_TARGETS)),
        claim_targets=np.array(claim, dtype=np.float64).reshape(-1, len(CLAIM_TARGETS)),
        answer_targets=np.array(answer, dtype=np.float64).reshape(-1, len(CLAIM_TARGETS)),
        act_targets=np.array(act, dtype=np.float64).reshape(-1, len(ACT_TARGETS)),
        detail_targets=np.array(detail, dtype=np.float64).reshape(-1, len(DETAIL_TARGETS)),
        danger_targets=np.array(danger, dtype=np.float64).reshape(-1, len(DANGER_TARGETS)),
        session_targets=np.array(session, dtype=np.float64).reshape(-1, len(SESSION_TARGETS)),
    )


def _unknown(targets: Sequence[str], count: int) -> list[list[float]]:
    return [[np.nan] * len(targets)] * count


def _annotated(labels: list[ClauseLabel] | None, some: Sequence[Clause]) -> list[list[float]]:
    if labels is None or len(labels) != len(some):
        return _unknown(CLAUSE_TARGETS, len(some))
    return [
        [
            SHARES[label.usefulness],
            label.usefulness >= 1,
            label.usefulness >= 2,
            *(role in label.roles for role in ROLES),
        ]
        for label in labels
    ]


def _claimed(row: dict[str, Any], some: Sequence[Clause]) -> list[list[float]]:
    if "claims" not in row:
        return _unknown(CLAIM_TARGETS, len(some))
    quotes = [(claim["turn"], set(words(claim["quote"])), claim) for claim in row["claims"]]
    found = []
    for clause in some:
        own = set(clause.words)
        mine = {
            claim["theme"] + claim["polarity"]: claim
            for turn, quoted, claim in quotes
            if turn == clause.turn and quoted and len(own & quoted) >= OVERLAP * min(len(own), len(quoted))
        }
        found.append(_claims([(claim["theme"], claim["polarity"]) for claim in mine.values()]))
    return found


def _claims(claims: Sequence[tuple[str, str]]) -> list[float]:
    return [
        float(bool(claims)),
        float(any(polarity != "negative" for _, polarity in claims)),
        float(any(polarity != "positive" for _, polarity in claims)),
        *(float(any(theme == claimed for claimed, _ in claims)) for theme in THEMES),
    ]


def _session(row: dict[str, Any], source: corpus.Kind) -> list[list[float]]:
    if source != "sessions" or row["quality"] is None:
        return _unknown(SESSION_TARGETS, 1)
    quality = row["quality"]
    return [[quality / 100, quality > ELIGIBLE_ABOVE, *(row["kind"] == kind for kind in KINDS)]]


def _answer(row: dict[str, Any], source: corpus.Kind, turns: int) -> list[list[float]]:
    if source != "conversations":
        return _unknown(CLAIM_TARGETS, turns)
    return [_claims(list(row["themes"].items()))]


def _act(row: dict[str, Any], source: corpus.Kind, turns: int) -> list[list[float]]:
    if source == "sessions" and row["quality"] is None and row["themes"]:  # a plain statement
        good, bad = (
            any(side in (only, "mixed") for side in row["themes"].values()) for only in ("positive", "negative")
        )
        stated = "mixed" if good and bad else "praise" if good else "complaint"
        return [[*(stated == act for act in ACTS), good, bad]]
    if source != "conversations":
        return _unknown(ACT_TARGETS, turns)
    return [[*(row["act"] == act for act in ACTS), "glad" in row["tone"], "sorry" in row["tone"]]]


def _details(row: dict[str, Any], source: corpus.Kind, turns: int) -> list[list[float]]:
    if source != "conversations" or row["history"]:  # `has` counts earlier answers too
        return _unknown(DETAIL_TARGETS, turns)
    return [[detail in row["has"] for detail in DETAILS]]


def _danger(
    row: dict[str, Any], source: corpus.Kind, turns: int, dangers: Mapping[tuple[str, int], tuple[str, str]]
) -> list[list[float]]:
    if source == "sessions":
        found = [dangers.get((row["id"], turn), ("none", "none")) for turn in range(turns)]
        return [_danger_targets(kind, when, "") for kind, when in found]
    if source == "conversations":
        return [_danger_targets(row["emergency"], "", "")]
    return [_danger_targets(row["danger"], row["when"], row["who"])]


def _danger_targets(kind: str, when: str, who: str) -> list[float]:
    return [
        kind != "none",
        *(when == each for each in WHEN),
        *(kind == each for each in DANGERS),
        *(who == each for each in WHO),
    ]
