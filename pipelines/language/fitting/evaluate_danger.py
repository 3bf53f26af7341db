"""Evaluates the recogniser of dangers on left-out authors, of dangers and of ordinary sessions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.language.fitting import corpus
from pipelines.language.fitting.danger import Utterance, fit_danger, utterances

LEFT_OUT = "e"  # authors of these letters are left out in turn
ORDINARY = "ta"  # and with each a share of these authors' ordinary sessions
MOST_FALSE = 0.03


@dataclass(frozen=True, slots=True)
class DangerFigures:
    """The figures on one left-out author.

    Attributes:
        author: The author.
        now: Dangers happening now, and how many of them were reported.
        all: All dangers, and how many of them were reported.
        alike: Utterances that are no danger, and how many of them were reported.
        sessions: Ordinary sessions of left-out authors, and how many of them were reported.
    """

    author: str
    now: tuple[int, int]
    all: tuple[int, int]
    alike: tuple[int, int]
    sessions: tuple[int, int]


def evaluate_danger() -> Iterator[DangerFigures]:
    """Yield the figures of each left-out author who is not sealed."""
    said = [
        each
        for kind in ("danger", "conversations", "sessions")
        for author in corpus.authors(kind)
        for each in utterances(author, corpus.rows(kind, author), kind)
    ]
    left_out = [author for author in corpus.authors("danger") if author.startswith(LEFT_OUT)]
    ordinary = [author for author in corpus.authors("sessions") if author.startswith(ORDINARY)]
    for number, author in enumerate(left_out):
        quiet = set(ordinary[number :: len(left_out)])
        held = [each.author == author or each.author in quiet for each in said]
        model = fit_danger(
            [each for each, out in zip(said, held, strict=True) if not out],
            most_false=MOST_FALSE,
        )
        unseen = [each for each, out in zip(said, held, strict=True) if out]
        reported = (model.predict([each.text for each in unseen]) >= model.threshold).tolist()
        yield _figures(author, unseen, reported)


def _figures(author: str, unseen: Sequence[Utterance], reported: Sequence[bool]) -> DangerFigures:
    pairs = list(zip(unseen, reported, strict=True))
    own = [(each, hit) for each, hit in pairs if each.author == author]
    sessions = {each.session for each, _ in pairs if each.session}

    def share(some: Sequence[bool]) -> tuple[int, int]:
        return len(some), int(np.sum(some))

    return DangerFigures(
        author=author,
        now=share([hit for each, hit in own if each.kind and each.when == "now"]),
        all=share([hit for each, hit in own if each.kind]),
        alike=share([hit for each, hit in own if not each.kind]),
        sessions=(len(sessions), len({each.session for each, hit in pairs if each.session and hit})),
    )
