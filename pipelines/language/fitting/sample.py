"""Labelled sessions as arrays: clauses, their targets and the sessions' targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.language.clauses import Clause, clauses, words
from pipelines.language.fitting.corpus import ClauseLabel
from pipelines.language.pooling import Layout

ROLES = "+-tpinhrcmsfgxj"  # see corpus/CLAUSES.md
SHARES = (0.0, 0.15, 0.45, 0.7)  # of a session's usefulness, by a clause's grade 0-3
THEMES = (
    "coffee food service queue cleanliness atmosphere noise seating price wifi toilets opening_hours payment "
    "accessibility other"
).split()
KINDS = "genuine generic gibberish offtopic injection stuffing abusive rambling contradictory silent".split()
ELIGIBLE_ABOVE = 60
OVERLAP = 0.7  # share of the shorter one's words from which a clause and a quote are the same statement

CLAUSE_TARGETS = ("usefulness", "useful", "very useful", *(f"role {role}" for role in ROLES))
CLAIM_TARGETS = ("claim", "praise", "blame", *(f"theme {theme}" for theme in THEMES))
SESSION_TARGETS = ("quality", "eligible", *(f"kind {kind}" for kind in KINDS))

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """Sessions and what is known of them.

    Attributes:
        rows: The corpus's rows.
        author: By session.
        clauses: All clauses, session by session.
        layout: Whose they are.
        clause_targets: By clause, see CLAUSE_TARGETS; NaN if the session is not annotated.
        claim_targets: By clause, see CLAIM_TARGETS; NaN if the session has no quoted claims.
        session_targets: By session, see SESSION_TARGETS.
    """

    rows: Sequence[dict[str, Any]]
    author: NDArray[np.str_]
    clauses: Sequence[Clause]
    layout: Layout
    clause_targets: Doubles
    claim_targets: Doubles
    session_targets: Doubles

    @property
    def quality(self) -> Doubles:
        """Return the labelled quality, 0-100, of sessions with clauses."""
        quality: Doubles = self.session_targets[self.layout.sessions, 0] * 100
        return quality

    @property
    def clause_author(self) -> NDArray[np.str_]:
        """Return the author of each clause."""
        return self.author[self.layout.sessions][self.layout.session]


def sample(rows: Sequence[dict[str, Any]], labels: Mapping[str, list[ClauseLabel]]) -> Sample:
    """Return labelled rows as arrays."""
    cut = [clauses(row["turns"]) for row in rows]
    flat = [clause for some in cut for clause in some]
    counts = np.array([len(some) for some in cut], dtype=np.int64)
    layout = Layout.of(counts, np.array([len(clause.words) for clause in flat], dtype=np.int64))
    return Sample(
        rows=rows,
        author=np.array([row["author"] for row in rows]),
        clauses=flat,
        layout=layout,
        clause_targets=np.array(
            [target for row, some in zip(rows, cut, strict=True) for target in _annotated(labels.get(row["id"]), some)]
        ).reshape(len(flat), len(CLAUSE_TARGETS)),
        claim_targets=np.array(
            [target for row, some in zip(rows, cut, strict=True) for target in _claimed(row, some)]
        ).reshape(len(flat), len(CLAIM_TARGETS)),
        session_targets=np.array(
            [
                [row["quality"] / 100, row["quality"] > ELIGIBLE_ABOVE, *(row["kind"] == kind for kind in KINDS)]
                for row in rows
            ],
            dtype=np.float64,
        ),
    )


def _annotated(labels: list[ClauseLabel] | None, some: Sequence[Clause]) -> list[list[float]]:
    if labels is None or len(labels) != len(some):
        return [[np.nan] * len(CLAUSE_TARGETS)] * len(some)
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
        return [[np.nan] * len(CLAIM_TARGETS)] * len(some)
    quotes = [(claim["turn"], set(words(claim["quote"])), claim) for claim in row["claims"]]
    found = []
    for clause in some:
        own = set(clause.words)
        mine = [
            claim
            for turn, quoted, claim in quotes
            if turn == clause.turn and quoted and len(own & quoted) >= OVERLAP * min(len(own), len(quoted))
        ]
        themes = {claim["theme"] for claim in mine}
        found.append(
            [
                float(bool(mine)),
                float(any(claim["polarity"] != "negative" for claim in mine)),
                float(any(claim["polarity"] != "positive" for claim in mine)),
                *(float(theme in themes) for theme in THEMES),
            ]
        )
    return found
