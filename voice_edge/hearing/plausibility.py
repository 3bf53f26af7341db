"""Detects implausible transcripts: repetition, too many tokens, words invented over silence."""

from __future__ import annotations

import re
import zlib

from voice_edge.hearing.invented_lines import is_courtesy, is_credit, sentences

MAX_COMPRESSION_RATIO = 2.4  # OpenAI's threshold for repetition
MAX_LOOP_REPEATS = 3  # a phrase repeated more often than this in a row is the decoder's fault
MAX_LOOP_WORDS = 8
ECHO_WORDS = range(3, 25)  # lengths of a phrase that, if repeated at once, justifies a retry
MAX_TOKENS_PER_SECOND = 12.0  # fast Swedish is about four words a second at up to three tokens
SPARE_TOKENS = 12
NO_SPEECH_PROBABILITY = 0.6  # OpenAI's threshold, combined with the next
NO_SPEECH_CONFIDENCE = 0.37  # exp(-1)
SUSPECT_CONFIDENCE = 0.55  # below it, a courtesy without other words counts as invented
HOPELESS_CONFIDENCE = 0.25  # noise gave 0.05-0.25, the least certain of 60 human clips 0.5: docs/voice.md

_WORD = re.compile(r"\w+(?:['’]\w+)*")


def words(text: str) -> list[str]:
    """Return the words of `text`, lower-cased, without punctuation."""
    return [word.replace("’", "'") for word in _WORD.findall(text.casefold())]


def most_tokens(seconds: float) -> int:
    """Return the maximum number of tokens in `seconds` of speech."""
    return SPARE_TOKENS + int(seconds * MAX_TOKENS_PER_SECOND)


def compression_ratio(text: str) -> float:
    """Return the compression ratio of `text`; above 2.4 the text repeats itself."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def loop_start(text: str) -> int | None:
    """Return the index of the word at which endless repetition starts; None if there is none."""
    said = words(text)
    for size in range(1, MAX_LOOP_WORDS + 1):
        repeats = 0
        for position in range(size, len(said)):
            repeats = repeats + 1 if said[position] == said[position - size] else 0
            # People repeat single words ("nej nej nej nej"): allow more repeats.
            allowed = size * MAX_LOOP_REPEATS + (MAX_LOOP_REPEATS if size == 1 else 0)
            if repeats > allowed:
                return position - repeats + 1
    return None


def is_runaway(text: str, *, tokens: int, seconds: float) -> bool:
    """Return whether the decoder ran away: too many tokens or endless repetition."""
    return (
        tokens >= most_tokens(seconds)
        or compression_ratio(text) > MAX_COMPRESSION_RATIO
        or loop_start(text) is not None
    )


def echoes(text: str) -> bool:
    """Return whether a phrase is repeated at once: a fault of the short encoder on brief clips."""
    said = words(text)
    return any(
        said[start : start + size] == said[start + size : start + 2 * size]
        for size in ECHO_WORDS
        for start in range(len(said) - 2 * size + 1)
    )


def without_loop(text: str) -> str:
    """Return `text` cut at the start of endless repetition."""
    start = loop_start(text)
    if start is None:
        return text
    places = list(_WORD.finditer(text))
    return text[: places[start].start()].rstrip() if start < len(places) else text


def is_invented(text: str, *, confidence: float, no_speech_probability: float) -> bool:
    """Return whether `text` was most likely invented over silence or noise."""
    said = sentences(text)
    if all(is_credit(one) for one in said):
        return True
    if confidence < HOPELESS_CONFIDENCE:
        return True
    doubted = no_speech_probability > NO_SPEECH_PROBABILITY
    if doubted and confidence < NO_SPEECH_CONFIDENCE:
        return True
    if all(is_credit(one) or is_courtesy(one) for one in said):
        return doubted or confidence < SUSPECT_CONFIDENCE
    return False
