"""Evaluates the model on left-out authors, with the plain baseline fitted to the same folds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.language.fitting import corpus
from pipelines.language.fitting.agreement import Agreement, Doubles, agreement, rank
from pipelines.language.fitting.baseline import baseline
from pipelines.language.fitting.figures import Reported, Shares, reported, theme_shares, themes_of
from pipelines.language.fitting.fit import fit
from pipelines.language.fitting.sample import Sample, sample, training_rows, turns_of
from pipelines.language.labels import ACTS, THEMES
from pipelines.language.measures import Measurer, Measures

SESSIONS, CONVERSATIONS, DANGERS = "ta", "c", "e"  # authors of these letters are left out; the others only train
LEAST_BASELINE_THEME = 0.3
BASELINE_FALSE_ALARMS = 0.003

Say = Callable[[str], None]
Replies = Callable[[Measurer, Sequence[dict[str, Any]]], dict[str, float]]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of authors that are left out together; the second of a pair is the baseline's.

    Attributes:
        authors: One of sessions, and of conversations and dangers as long as there are any.
        sealed: Whether they are sealed.
        score: The score's agreement.
        by_group: The score's rank correlation by language and by register.
        themes: The themes' agreement.
        false_alarms: How many ordinary sessions report a danger, and of how many.
        acts: The share of acts understood; None without conversations.
        dangers: The dangers reported; None without any.
        replies: What the caller measured of replies to the conversations, by name.
    """

    authors: tuple[str, ...]
    sealed: bool
    score: tuple[Agreement, Agreement]
    by_group: dict[str, float]
    themes: tuple[Shares, Shares]
    false_alarms: tuple[int, int]
    acts: tuple[float, float] | None
    dangers: tuple[Reported, Reported] | None
    replies: dict[str, float]


def evaluate(
    *,
    sealed: bool = False,
    only: Sequence[str] = (),
    say: Say = lambda _: None,
    replies: Replies = lambda _model, _rows: {},
) -> Iterator[Evaluation]:
    """Yield the figures of each fold.

    Args:
        sealed: Whether to report the sealed authors, instead of the others.
        only: The authors of sessions to leave out; empty for all.
        say: Called with each step.
        replies: Measures replies to rows of conversations that a model reads.
    """
    kinds: tuple[corpus.Kind, ...] = ("sessions", "conversations", "danger")
    rows, labels = training_rows()
    readable = sorted({row["author"] for _, row in rows})
    if sealed:
        left_out = [corpus.sealed_authors(kind) for kind in kinds]
        rows += [
            (kind, row)
            for kind, authors in zip(kinds, left_out, strict=True)
            for author in authors
            for row in corpus.rows_for_final_figures(kind, author)
        ]
    else:
        letters = dict(zip(kinds, (SESSIONS, CONVERSATIONS, DANGERS), strict=True))
        left_out = [[name for name in corpus.authors(kind) if name.startswith(letters[kind])] for kind in kinds]
    everything = sample(rows, labels)
    say(f"read {len(rows)} rows of {len(readable)} authors")
    sessions, conversations, dangers = left_out
    for number, author in enumerate(sessions):
        if only and author not in only:
            continue
        fold = (author, *conversations[number : number + 1], *dangers[number : number + 1])
        say(f"leaving out {', '.join(fold)}")
        yield _left_out(fold, everything, readable, sealed=sealed, say=say, replies=replies)


def _left_out(
    fold: tuple[str, ...],
    everything: Sample,
    readable: Sequence[str],
    *,
    sealed: bool,
    say: Say,
    replies: Replies,
) -> Evaluation:
    others = [name for name in readable if name not in fold]
    measurer = Measurer(fit(everything, others, say=say))
    training = np.isin(everything.author, others)

    def rows(kind: corpus.Kind) -> list[dict[str, Any]]:
        return [everything.rows[place] for place in _places(everything, fold, kind)]

    def measures(kind: corpus.Kind) -> Measures:
        return measurer.measure([turns_of(row, kind) for row in rows(kind)])

    def plain(kind: corpus.Kind, targets: Doubles, own: Doubles) -> Doubles:
        known = np.flatnonzero(training & _usable(everything, kind))
        texts = ["\n".join(turns_of(everything.rows[place], kind)) for place in known.tolist()]
        return baseline(texts, targets, unseen=["\n".join(turns_of(row, kind)) for row in rows(kind)])

    known = np.flatnonzero(training & _usable(everything, "sessions"))
    mine = _places(everything, fold, "sessions")
    quality, sides = everything.session_targets[:, 0] * 100, everything.themes
    both = np.concatenate([quality[:, None], sides.reshape(len(sides), -1)], axis=1)
    found = measures("sessions")
    simple = plain("sessions", both[known], both[mine])
    kinds = [row["kind"] for row in rows("sessions")]
    plain_sides = simple[:, 1:].reshape(-1, len(THEMES), 2) > LEAST_BASELINE_THEME
    alarms = found.danger >= measurer.model.danger_from
    real = everything.danger_targets[np.isin(everything.row_of_turn, mine), 0] > 0
    session = np.repeat(np.arange(len(mine)), [len(row["turns"]) for row in rows("sessions")])
    return Evaluation(
        authors=fold,
        sealed=sealed,
        score=(
            agreement(fold[0], found.quality.astype(np.float64), quality[mine], kinds),
            agreement(fold[0], np.clip(simple[:, 0], 0, 100), quality[mine], kinds),
        ),
        by_group=dict(_by_group(rows("sessions"), found.quality.astype(np.float64), quality[mine])),
        themes=(
            theme_shares(themes_of(found, len(THEMES)), sides[mine]),
            theme_shares(plain_sides, sides[mine]),
        ),
        false_alarms=(len(np.unique(session[alarms & ~real])), len(mine)),
        acts=_acts(everything, fold, measures, plain, training) if rows("conversations") else None,
        dangers=_dangers(everything, fold, measures, plain, training, measurer) if rows("danger") else None,
        replies=replies(measurer, rows("conversations")) if rows("conversations") else {},
    )


def _usable(everything: Sample, kind: corpus.Kind) -> Any:
    """Return which rows of a kind the baseline can be fitted to."""
    own = everything.source == kind
    return own & ~np.isnan(everything.session_targets[:, 0]) if kind == "sessions" else own


def _places(everything: Sample, fold: Sequence[str], kind: corpus.Kind) -> list[int]:
    return np.flatnonzero((everything.source == kind) & np.isin(everything.author, fold)).tolist()


def _acts(everything: Sample, fold: Sequence[str], measures: Any, plain: Any, training: Any) -> tuple[float, float]:
    by_row = everything.act_targets[everything.cut.first_turn, : len(ACTS)]
    known = np.flatnonzero(training & (everything.source == "conversations"))
    own = by_row[_places(everything, fold, "conversations")].argmax(axis=1)
    found: Measures = measures("conversations")
    simple = plain("conversations", by_row[known], own)
    understood = np.full(len(own), ACTS.index("nothing_to_say"))
    understood[found.cut.turns.sessions] = found.acts.argmax(axis=1)
    return float((understood == own).mean()), float((simple.argmax(axis=1) == own).mean())


def _dangers(
    everything: Sample, fold: Sequence[str], measures: Any, plain: Any, training: Any, measurer: Measurer
) -> tuple[Reported, Reported]:
    mine = _places(everything, fold, "danger")
    rows = [everything.rows[place] for place in mine]
    found: Measures = measures("danger")
    by_row = everything.danger_targets[everything.cut.first_turn, :1]
    known = np.flatnonzero(training & (everything.source == "danger"))
    texts = [turns_of(everything.rows[place], "danger")[0] for place in known.tolist()]
    ordinary = [
        " ".join(everything.rows[place]["turns"])
        for place in np.flatnonzero(training & (everything.source == "sessions")).tolist()
    ]
    targets = np.concatenate([by_row[known, 0], np.zeros(len(ordinary))])
    sessions = [" ".join(everything.rows[place]["turns"]) for place in _places(everything, fold, "sessions")]
    unseen = [turns_of(row, "danger")[0] for row in rows]
    simple = baseline([*texts, *ordinary], targets, unseen=[*unseen, *sessions])
    limit = np.quantile(simple[len(unseen) :], 1 - BASELINE_FALSE_ALARMS)
    return (
        reported(found.danger >= measurer.model.danger_from, rows),
        reported(simple[: len(unseen)] > limit, rows),
    )


def _by_group(rows: Sequence[dict[str, Any]], quality: Doubles, labelled: Doubles) -> Iterator[tuple[str, float]]:
    for field in ("language", "register"):
        for value in sorted({str(row[field]) for row in rows if field in row}):
            mine = np.array([row.get(field) == value for row in rows])
            yield value, rank(quality[mine], labelled[mine])
