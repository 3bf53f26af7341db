"""Sessions as flat arrays of tokens, with each token's position, turn and preceding gap."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipelines.scoring.vocabulary import Ints, Vocabulary

KNOWN_CHARACTERS = 0x10000  # characters from here on are symbols and emoji, not letters
APOSTROPHES = "'\u2019"
SENTENCE_ENDS = ".!?\u2026;"
PAUSES = ",:\u2013\u2014"


@dataclass(frozen=True, slots=True)
class TokenStream:
    """The tokens of many sessions, in order.

    Attributes:
        numbers: Each token's number in the vocabulary.
        session: Its session, from 0.
        turn: The index of its turn in the session, from 0.
        starts: Its first character in its turn (composed form).
        ends: One past its last character.
        sentence: 1 if a sentence ends before this token.
        pause: 1 if a comma precedes this token.
        sessions: The number of sessions.
    """

    numbers: Ints
    session: Ints
    turn: Ints
    starts: Ints
    ends: Ints
    sentence: Ints
    pause: Ints
    sessions: int


@cache
def _tables() -> tuple[NDArray[np.uint32], NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    lower = np.arange(KNOWN_CHARACTERS, dtype=np.uint32)
    word = np.zeros(KNOWN_CHARACTERS, dtype=np.bool_)
    for code in range(KNOWN_CHARACTERS - 1):
        letter = chr(code)
        small = letter.lower()
        if len(small) == 1 and ord(small) < KNOWN_CHARACTERS:
            lower[code] = ord(small)
        word[code] = letter.isalnum()
    for letter in APOSTROPHES:
        word[ord(letter)] = True
        lower[ord(letter)] = ord("'")
    ends, pauses = np.zeros_like(word), np.zeros_like(word)
    ends[[ord(letter) for letter in SENTENCE_ENDS]] = True
    pauses[[ord(letter) for letter in PAUSES]] = True
    return lower, word, ends, pauses


def tokenise(sessions: Sequence[Sequence[str]], *, vocabulary: Vocabulary) -> TokenStream:
    """Return the tokens of `sessions`, each a sequence of turns."""
    turns = [_composed(turn) for session in sessions for turn in session]
    counts = np.fromiter((len(session) for session in sessions), np.int64, len(sessions))
    lengths = np.fromiter(map(len, turns), np.int64, len(turns)) + 1
    text = "\n".join(turns)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    lower, word, ends, pauses = _tables()
    codes = np.minimum(codes, KNOWN_CHARACTERS - 1)
    is_word = word[codes]
    letters = np.where(is_word, lower[codes], np.uint32(ord(" ")))
    tokens = letters.tobytes().decode("utf-32-le", "surrogatepass").split(" ")
    tokens = [token for token in tokens if token]
    edge = np.diff(is_word.astype(np.int8), prepend=0, append=0)
    starts, stops = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)
    turn_begins = np.concatenate([[0], np.cumsum(lengths)[:-1]]) if len(turns) else np.zeros(0, dtype=np.int64)
    whose = np.searchsorted(turn_begins, starts, side="right") - 1
    session_of_turn = np.repeat(np.arange(len(sessions)), counts)
    first_turn = np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(sessions) else np.zeros(0, dtype=np.int64)
    session = session_of_turn[whose]
    return TokenStream(
        numbers=vocabulary.numbers(tokens),
        session=session,
        turn=whose - first_turn[session],
        starts=starts - turn_begins[whose],
        ends=stops - turn_begins[whose],
        sentence=_between(ends[codes], starts),
        pause=_between(pauses[codes], starts),
        sessions=len(sessions),
    )


def _composed(text: str) -> str:
    return text if text.isascii() or unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def _between(there: NDArray[np.bool_], starts: Ints) -> Ints:
    """Return for each token whether one of `there` lies between the previous token and it."""
    passed = np.cumsum(there, dtype=np.int64)[starts] if len(starts) else np.zeros(0, dtype=np.int64)
    return (np.diff(passed, prepend=0) > 0).astype(np.int64)
