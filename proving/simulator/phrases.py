"""The phrases of large days: made once, then drawn from by the million."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from pilot.cafes import Cafe, Language
from proving.simulator.speech import DEPTHS, questions, said, topics

LANGUAGES: tuple[Language, ...] = ("sv", "en")
GUESTS = 2_000  # For each language and depth, evenly over topics; turns of different guests are recombined.
PHRASE_TURNS = 3


@dataclass(frozen=True, slots=True)
class Phrases:
    """Turns as JSON texts, quotes included, with their numbers of words.

    Attributes:
        texts: By language, depth, turn (1 to 3) and guest, flattened.
        words: The number of words of each.
        questions: The interviewer's questions by language and turn, as JSON texts; the last one closes.
    """

    texts: pl.Series
    words: npt.NDArray[np.int64]
    questions: pl.Series

    def drawn(
        self,
        rng: np.random.Generator,
        *,
        language: npt.NDArray[np.int64],
        depth: npt.NDArray[np.int64],
        turn: int,
        about: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.int64]:
        """Draw the index of a text for each guest's turn; further turns are drawn from the last one.

        Args:
            rng: The random generator.
            language: The index of each guest's language.
            depth: The index of each guest's depth.
            turn: The turn, from 1.
            about: The index of each guest's first topic; -1 for any.
        """
        story = min(turn, PHRASE_TURNS) - 1
        place = (language * len(DEPTHS) + depth) * PHRASE_TURNS + story
        guest = rng.integers(0, GUESTS, size=len(language))
        of_topic = guest - guest % len(topics()) + about  # The stock's guests take the topics in turn.
        return place * GUESTS + np.where(about < 0, guest, of_topic)

    def question(self, *, language: npt.NDArray[np.int64], turn: int, closing: bool = False) -> pl.Series:
        """Return the question that each guest's turn answers, or the closing words."""
        place = PHRASE_TURNS if closing else min(turn, PHRASE_TURNS) - 1
        return self.questions.gather(language * (PHRASE_TURNS + 1) + place)


@lru_cache(maxsize=2)  # A month of large days has the same phrases every day.
def phrases(seed: int, *, cafes: tuple[Cafe, ...]) -> Phrases:
    """Return phrases of these cafés' guests, equal for equal seeds."""
    rng = random.Random(f"{seed}:phrases")  # noqa: S311 - simulation, not secrets
    texts: list[str] = []
    for language in LANGUAGES:
        for depth in DEPTHS:
            story = [
                said(
                    rng,
                    cafe=cafes[n // len(topics()) % len(cafes)],
                    language=language,
                    depth=depth,
                    turns=PHRASE_TURNS,
                    about=topics()[n % len(topics())],
                )
                for n in range(GUESTS)
            ]
            for turn in range(PHRASE_TURNS):
                texts += [each[turn] for each in story]
    closing = {"sv": "Tack!", "en": "Thank you!"}
    asked = [text for language in LANGUAGES for text in (*questions(language)[:PHRASE_TURNS], closing[language])]
    return Phrases(
        texts=pl.Series([json.dumps(text, ensure_ascii=False) for text in texts]),
        words=np.array([len(text.split()) for text in texts]),
        questions=pl.Series([json.dumps(text, ensure_ascii=False) for text in asked]),
    )
