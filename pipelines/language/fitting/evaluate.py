"""Evaluates the score on left-out authors, with the plain baseline fitted to the same folds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.language.fitting import corpus
from pipelines.language.fitting.agreement import Agreement, Doubles, agreement, rank
from pipelines.language.fitting.baseline import baseline_quality
from pipelines.language.fitting.sample import Sample, sample
from pipelines.language.fitting.usefulness import features, fit, predicted

FOLDS = "ta"  # authors of these letters are left out in turn: theirs is no length that predicts quality

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One left-out author's figures.

    Attributes:
        author: The author.
        sealed: Whether the author is sealed.
        score: The score's agreement.
        baseline: The baseline's.
        by_group: The score's rank correlation by language and by register.
    """

    author: str
    sealed: bool
    score: Agreement
    baseline: Agreement
    by_group: dict[str, float]


def evaluate(*, sealed: bool = False, only: Sequence[str] = (), say: Say = lambda _: None) -> Iterator[Evaluation]:
    """Yield the figures of each left-out author.

    Args:
        sealed: Whether to report the sealed authors, instead of the others.
        only: The authors to leave out; empty for all.
        say: Called with each step.
    """
    readable = corpus.authors("sessions")
    left_out = corpus.sealed_authors("sessions") if sealed else [name for name in readable if name.startswith(FOLDS)]
    rows = [row for author in readable for row in corpus.rows("sessions", author)]
    if sealed:
        rows += [row for author in left_out for row in corpus.rows_for_final_figures("sessions", author)]
    say(f"reading {len(rows)} sessions of {len(readable)} authors")
    everything = sample(rows, corpus.clause_labels())
    for author in left_out:
        if only and author not in only:
            continue
        say(f"leaving out {author}")
        yield _left_out(author, everything, readable=readable, sealed=sealed)


def _left_out(author: str, everything: Sample, *, readable: Sequence[str], sealed: bool) -> Evaluation:
    others = [name for name in readable if name != author]
    found = features(everything, others)
    quality, _ = predicted(fit(everything, found, others), everything, found)
    own = everything.author == author
    known = np.isin(everything.author, others)
    labelled = everything.session_targets[:, 0] * 100
    texts = ["\n".join(row["turns"]) for row in everything.rows]
    plain = baseline_quality(
        [text for text, used in zip(texts, known, strict=True) if used],
        labelled[known],
        unseen=[text for text, mine in zip(texts, own, strict=True) if mine],
    )
    rows = [row for row, mine in zip(everything.rows, own, strict=True) if mine]
    kinds = [row["kind"] for row in rows]
    return Evaluation(
        author=author,
        sealed=sealed,
        score=agreement(author, quality[own], labelled[own], kinds),
        baseline=agreement(author, plain, labelled[own], kinds),
        by_group=dict(_by_group(rows, quality[own], labelled[own])),
    )


def _by_group(rows: Sequence[dict[str, object]], quality: Doubles, labelled: Doubles) -> Iterator[tuple[str, float]]:
    for field in ("language", "register"):
        for value in sorted({str(row[field]) for row in rows if field in row}):
            mine = np.array([row.get(field) == value for row in rows])
            yield value, rank(quality[mine], labelled[mine])
