"""The interviewer's reading of a guest's answers: things, judgements, details, concerns and wishes.

Approximate on purpose: it only chooses the next question. Score and themes are computed elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from pilot.cafes import Cafe, Language
from voice_edge.interviewer.lexicon import Lexicon, Patterns, lexicon, plain
from voice_edge.interviewer.mentions import Mention, Polarity, mentions, polarity, specific

NEITHER_WORDS = 14  # an answer up to this length with "no complaints", and without a thing, ends the conversation
OFF_TOPIC_WORDS = 12
NO_ANSWER_WORDS = 3  # shorter answers say nothing: "eh", "ja"
OTHER_LANGUAGE_WORDS = 2  # from this many words that exist only in the other language, the guest speaks it


class Detail(Enum):
    """A detail that makes feedback actionable."""

    WHEN = "when"
    WHERE = "where"
    DURATION = "duration"
    PRICE = "price"
    STAFF_INFORMED = "staff_informed"
    SOLVED = "solved"
    COMPARED = "compared"
    PUT_RIGHT = "put_right"
    SUGGESTION = "suggestion"
    REASON = "reason"


class Concern(Enum):
    """A concern that needs more than a question; gravest first."""

    EMERGENCY = "emergency"
    HARASSMENT = "harassment"
    HARM = "harm"
    ALLERGY = "allergy"
    ANGER = "anger"


class Wish(Enum):
    """A guest's wish besides giving feedback; the first match counts."""

    MACHINE = "machine"
    REWARD = "reward"
    REFUND = "refund"
    BOSS = "boss"
    QUESTION = "question"
    SORROW = "sorrow"
    EARLY = "early"


@dataclass(frozen=True, slots=True)
class Understanding:
    """The reading of all answers so far.

    Attributes:
        language: Language of the latest answer.
        mentions: The things named, in the order of their last mention.
        details: Details given in any answer.
        concern: The gravest concern of all answers.
        concern_is_new: Whether the latest answer raised it.
        wish: The wish in the latest answer.
        overall: Polarity of all answers.
        latest: Polarity of the latest answer.
        nothing_more: Whether the latest answer says that there is nothing to add.
        latest_words: Number of words in the latest answer.
        suggests: Whether the latest answer has a suggestion.
        adds: Whether the latest answer adds information.
        silent: Whether the latest answer says nothing.
        off_topic: Whether a long answer is not about the café or the visit.
        specific: Whether a fault is specific ("flickers"), not general ("bad").
        someone: Whether a person is mentioned, but not by name.
    """

    language: Language
    mentions: tuple[Mention, ...]
    details: frozenset[Detail]
    concern: Concern | None
    concern_is_new: bool
    wish: Wish | None
    overall: Polarity
    latest: Polarity
    nothing_more: bool
    latest_words: int
    suggests: bool
    adds: bool
    silent: bool
    off_topic: bool
    someone: bool
    specific: bool


def understand(answers: Sequence[str], *, cafe: Cafe, language: Language) -> Understanding:
    """Return the reading of `answers`, latest last, about a visit to `cafe`."""
    language = spoken_language(answers[-1] if answers else "", expected=language)
    words = lexicon(language)
    texts = [plain(answer, words.spoken) for answer in answers]
    everything, latest = "|".join(texts), texts[-1] if texts else " "
    details = {detail for detail in Detail if words.details[detail.value].found(everything)}
    if _areas(cafe, language).found(everything):
        details.add(Detail.WHERE)
    named = mentions(texts, cafe=cafe, language=language)
    concern, before = _concern(texts, words), _concern(texts[:-1], words)
    known = "|".join(texts[:-1])
    turn, count = len(texts) - 1, _count(latest)
    judged = [mention for mention in named if mention.turn == turn and mention.polarity is not Polarity.UNSAID]
    new_details = any(words.details[one].found(latest) and not words.details[one].found(known) for one in words.details)
    return Understanding(
        language=language,
        mentions=named,
        details=frozenset(details),
        concern=concern,
        concern_is_new=concern is not None and concern is not before,
        wish=next((wish for wish in Wish if words.meet[wish.value].found(latest)), None),
        overall=polarity(everything, words),
        latest=polarity(latest, words),
        nothing_more=_nothing_more(latest, words, turn=len(texts) - 1, named=named),
        latest_words=count,
        suggests=words.details[Detail.SUGGESTION.value].found(latest),
        adds=bool(judged) or new_details,
        silent=count < NO_ANSWER_WORDS
        and not any(mention.turn == turn for mention in named)
        and _says_nothing(latest, words),
        off_topic=count >= OFF_TOPIC_WORDS and not named and not words.visit.found(latest),
        specific=specific(everything, words),
        someone=words.details["someone"].found(everything) and not words.details["by_name"].found(everything),
    )


def spoken_language(answer: str, *, expected: Language) -> Language:
    """Return the language of an answer: `expected` unless it clearly is the other one."""
    other: Language = "en" if expected == "sv" else "sv"
    said = plain(answer).split()
    ours = sum(word in lexicon(expected).only_here for word in said)
    theirs = sum(word in lexicon(other).only_here for word in said)
    return other if theirs >= OTHER_LANGUAGE_WORDS and not ours else expected


def _says_nothing(latest: str, words: Lexicon) -> bool:
    return polarity(latest, words) is Polarity.UNSAID and not any(one.found(latest) for one in words.details.values())


def _nothing_more(latest: str, words: Lexicon, *, turn: int, named: Sequence[Mention]) -> bool:
    said = " ".join(latest.replace("|", " ").split())
    if said in words.nothing_more:
        return True
    claims = any(mention.turn == turn and mention.polarity is not Polarity.UNSAID for mention in named)
    return not claims and _count(latest) <= NEITHER_WORDS and words.nothing_more_within.found(latest)


def _count(text: str) -> int:
    return len(text.replace("|", " ").split())


def _areas(cafe: Cafe, language: Language) -> Patterns:
    return Patterns.of(area.in_language(language).removeprefix("the ") for area in cafe.areas)


def _concern(texts: Sequence[str], words: Lexicon) -> Concern | None:
    text = "|".join(texts)
    for concern in Concern:
        # A guest who praises the handling of an allergy needs no apology.
        praised = concern is Concern.ALLERGY and polarity(text, words) is Polarity.GOOD
        if words.concern[concern.value].found(text) and not praised:
            return concern
    return None
