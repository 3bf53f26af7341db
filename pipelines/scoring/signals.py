"""Signals: what stands against a score, whatever else was said.

The transcript is data. A sentence that speaks to the scoring machine, of points, rules or payouts, cannot raise a
score; it can only be seen here.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from pipelines.scoring.features import Features
from pipelines.scoring.lexicon import Lexicon, Reading

FEWEST_WORDS = 2  # fewer words are silence
REPEATED_SHARE = 0.4  # distinct tokens below this share of all: the same again and again
REPEATED_LEAST_TOKENS = 6
LIST_FUNCTION_SHARE = 0.15  # below this share of function words it is a list, not speech
LIST_LEAST_TOKENS = 6
STUFFED_LABELS = 3  # so many of a rubric's own labels are nobody's visit
MENU_SHARE = 0.5  # of content words that are the menu's own
BROKEN_SHARE = 0.12  # of neighbouring words that no speaker puts together
BROKEN_LEAST_TOKENS = 6
OFF_TOPIC_WORDS = 2  # so many words of other things, and hardly one of the café's
FILLERS = frozenset({"eh", "öh", "mm", "hm", "um", "uh", "hmm", "äh", "ba", "da", "la", "hallå", "hello", "test"})

# The most that a session can score with the signal, by the rubric's bands.
CAPS = {
    "silence": 0,
    "gibberish": 5,
    "injection": 10,
    "off_topic": 12,
    "stuffing": 25,
    "repetition": 15,
    "menu_read": 25,
    "abuse": 15,
}


def signals(reading: Reading, found: Features, *, lexicon: Lexicon) -> tuple[str, ...]:
    """Return the names of what stands against the score, sorted; each is a key of `CAPS`."""
    tokens = [token for turn in reading.tokens for token in turn]
    spoken = [token for token in tokens if token not in FILLERS]
    tally = Counter(mark.tag for mark in reading.marks)
    distinct = {tag: len({mark.key for mark in reading.marks if mark.tag == tag}) for tag in tally}
    if len(spoken) < FEWEST_WORDS and not found.aspects and "item" not in tally:
        return (
            ("silence",) if len(tokens) <= 2 or set(tokens) <= {"eh", "öh", "mm", "hm", "um", "uh"} else ("gibberish",)
        )
    raised = set()
    substance = ("problem", "detail", "reason", "consequence", "suggestion", "comparison", "amount", "time", "item")
    claims = sum(found.weights.get(tag, 0.0) for tag in substance)
    function_share = sum(token in lexicon.function_words for token in tokens) / len(tokens)
    content = [token for token in tokens if token not in lexicon.function_words]
    if distinct.get("injection", 0) >= 1 or distinct.get("machinery", 0) >= 2:
        raised.add("injection")
    if distinct.get("artefact", 0) >= 1 and not found.aspects:
        raised.add("gibberish")
    if len(tokens) >= REPEATED_LEAST_TOKENS and len(set(tokens)) / len(tokens) < REPEATED_SHARE:
        raised.add("repetition" if len(set(tokens)) < 40 else "stuffing")
    if len(tokens) >= LIST_LEAST_TOKENS and function_share < LIST_FUNCTION_SHARE and not _speaks(found):
        named = tally.get("menu", 0) + tally.get("area", 0) + tally.get("staff", 0)
        raised.add("menu_read" if content and named / len(content) >= MENU_SHARE else "stuffing")
    if distinct.get("stuffing", 0) >= STUFFED_LABELS:
        raised.add("stuffing")
    if _broken(reading, lexicon=lexicon) >= BROKEN_SHARE:
        raised.add("gibberish")
    own = sum(distinct.get(tag, 0) for tag in ("item", "menu", "staff"))
    if distinct.get("off_topic", 0) >= OFF_TOPIC_WORDS and own <= 1:
        raised.add("off_topic")
    if tally.get("insult", 0) >= 2 and tally["insult"] > claims:
        raised.add("abuse")
    return tuple(sorted(raised))


def _speaks(found: Features) -> bool:
    return any(found.weights.get(tag, 0.0) > 0 for tag in ("consequence", "suggestion", "reason", "amount", "time"))


def _broken(reading: Reading, *, lexicon: Lexicon) -> float:
    """Return the share of neighbours that no speaker says: a preposition before a preposition, a word twice."""
    pairs = broken = 0
    for tokens in reading.tokens:
        if len(tokens) < BROKEN_LEAST_TOKENS:
            continue
        for left, right in pairwise(tokens):
            pairs += 1
            left_hangs = "prepositions" in lexicon.tags(left)
            broken += left_hangs and "prepositions" in lexicon.tags(right)
    return broken / pairs if pairs else 0.0
