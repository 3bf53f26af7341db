"""Whether a decoded text can be what was said: runaway repetition, too many tokens, words invented over silence."""

from __future__ import annotations

import re
import zlib

from voice_edge.hearing.invented_lines import is_courtesy, is_credit, sentences

MAX_COMPRESSION_RATIO = 2.4  # OpenAI's threshold for repetition
MAX_LOOP_REPEATS = 3  # the same phrase more often than this in a row is the decoder's, not the speaker's
MAX_LOOP_WORDS = 8
ECHO_WORDS = range(3, 25)  # a phrase of so many words that comes twice in a row is worth a second look
MAX_TOKENS_PER_SECOND = 12.0  # fast Swedish is about four words a second at up to three tokens
SPARE_TOKENS = 12
NO_SPEECH_PROBABILITY = 0.6  # OpenAI's threshold, together with the next
NO_SPEECH_CONFIDENCE = 0.37  # exp(-1)
SUSPECT_CONFIDENCE = 0.55  # below it a courtesy that stands alone is taken for invention
HOPELESS_CONFIDENCE = 0.25  # noise gave 0.05-0.25, the least sure of 60 human clips 0.5: docs/voice.md

_WORD = re.compile(r"\w+(?:['’]\w+)*")


def words(text: str) -> list[str]:
    """Return the words of `text`, lower-cased, without punctuation."""
    return [word.replace("’", "'") for word in _WORD.findall(text.casefold())]


def most_tokens(seconds: float) -> int:
    """Return how many tokens `seconds` of speech can hold at most."""
    return SPARE_TOKENS + int(seconds * MAX_TOKENS_PER_SECOND)


def compression_ratio(text: str) -> float:
    """Return how much smaller `text` becomes: above 2.4 it repeats itself."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) if raw else 0.0


def loop_start(text: str) -> int | None:
    """Return after how many words of `text` a phrase begins to be repeated without end; None where none is."""
    said = words(text)
    for size in range(1, MAX_LOOP_WORDS + 1):
        repeats = 0
        for position in range(size, len(said)):
            repeats = repeats + 1 if said[position] == said[position - size] else 0
            # A single word is doubled and tripled by people ("nej nej nej nej"); allow it more.
            allowed = size * MAX_LOOP_REPEATS + (MAX_LOOP_REPEATS if size == 1 else 0)
            if repeats > allowed:
                return position - repeats + 1
    return None


def runs_away(text: str, *, tokens: int, seconds: float) -> bool:
    """Tell whether the decoder, not the speaker, made this text."""
    return (
        tokens >= most_tokens(seconds)
        or compression_ratio(text) > MAX_COMPRESSION_RATIO
        or loop_start(text) is not None
    )


def echoes(text: str) -> bool:
    """Tell whether a whole phrase comes twice in a row: what the short encoder does to brief clips, people seldom."""
    said = words(text)
    return any(
        said[start : start + size] == said[start + size : start + 2 * size]
        for size in ECHO_WORDS
        for start in range(len(said) - 2 * size + 1)
    )


def without_loop(text: str) -> str:
    """Return `text` cut where a phrase begins to be repeated without end."""
    start = loop_start(text)
    if start is None:
        return text
    places = list(_WORD.finditer(text))
    return text[: places[start].start()].rstrip() if start < len(places) else text


def invented(text: str, *, confidence: float, no_speech_probability: float) -> bool:
    """Tell whether `text` was most likely written over silence or noise."""
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
