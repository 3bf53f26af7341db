"""What a guest has told so far: which things, how they were, which details, and whether something is wrong.

Rough on purpose: it only chooses the next question. The score and the themes are computed elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from pilot.cafes import Cafe, Language
from voice_edge.interviewer.lexicon import Lexicon, Patterns, lexicon, plain
from voice_edge.interviewer.mentions import Mention, Polarity, mentions, polarity, specific

NEITHER_WORDS = 14  # an answer up to this long that says "no complaints" and names nothing has ended
OFF_TOPIC_WORDS = 12
NO_ANSWER_WORDS = 3  # fewer are no answer yet: "eh", "ja"
OTHER_LANGUAGE_WORDS = 2  # this many words of the other language and none of ours: the guest speaks that one


class Detail(Enum):
    """What makes feedback something to act on."""

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
    """What must be met with more than a question; the gravest first."""

    EMERGENCY = "emergency"
    HARASSMENT = "harassment"
    HARM = "harm"
    ALLERGY = "allergy"
    ANGER = "anger"


class Wish(Enum):
    """What a guest wants of us besides telling; the first that is heard counts."""

    MACHINE = "machine"
    REWARD = "reward"
    REFUND = "refund"
    BOSS = "boss"
    QUESTION = "question"
    SORROW = "sorrow"
    EARLY = "early"


@dataclass(frozen=True, slots=True)
class Understanding:
    """All answers so far.

    Attributes:
        language: The one that the latest answer is in.
        mentions: The things that were named, in the order of their last naming.
        told: Which details were told, in any answer.
        concern: The gravest concern of all answers.
        concern_is_new: Whether the latest answer raised it.
        wish: What the latest answer wants of us.
        overall: How everything said so far sounds.
        latest: How the latest answer sounds.
        nothing_more: Whether the latest answer says that there is nothing to add.
        latest_words: The number of words of the latest answer.
        suggests: Whether the latest answer suggests something.
        adds: Whether the latest answer tells something that was not known.
        silent: Whether the latest answer says nothing yet.
        off_topic: Whether a long answer names nothing of a café's and does not speak of the visit.
        specific: Whether a fault was told that says what it is ("flickers"), and not only that there is one ("bad").
        someone: Whether one person was spoken of, and not by name.
    """

    language: Language
    mentions: tuple[Mention, ...]
    told: frozenset[Detail]
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
    """Return what `answers`, the latest last, tell about a visit to `cafe`."""
    language = spoken_language(answers[-1] if answers else "", expected=language)
    words = lexicon(language)
    texts = [plain(answer, words.spoken) for answer in answers]
    everything, latest = "|".join(texts), texts[-1] if texts else " "
    told = {detail for detail in Detail if words.told[detail.value].found(everything)}
    if _areas(cafe, language).found(everything):
        told.add(Detail.WHERE)
    named = mentions(texts, cafe=cafe, language=language)
    concern, before = _concern(texts, words), _concern(texts[:-1], words)
    known = "|".join(texts[:-1])
    turn, count = len(texts) - 1, _count(latest)
    judged = [mention for mention in named if mention.turn == turn and mention.polarity is not Polarity.UNSAID]
    told_now = any(words.told[one].found(latest) and not words.told[one].found(known) for one in words.told)
    return Understanding(
        language=language,
        mentions=named,
        told=frozenset(told),
        concern=concern,
        concern_is_new=concern is not None and concern is not before,
        wish=next((wish for wish in Wish if words.meet[wish.value].found(latest)), None),
        overall=polarity(everything, words),
        latest=polarity(latest, words),
        nothing_more=_nothing_more(latest, words, turn=len(texts) - 1, named=named),
        latest_words=count,
        suggests=words.told[Detail.SUGGESTION.value].found(latest),
        adds=bool(judged) or told_now,
        silent=count < NO_ANSWER_WORDS
        and not any(mention.turn == turn for mention in named)
        and _says_nothing(latest, words),
        off_topic=count >= OFF_TOPIC_WORDS and not named and not words.visit.found(latest),
        specific=specific(everything, words),
        someone=words.told["someone"].found(everything) and not words.told["by_name"].found(everything),
    )


def spoken_language(answer: str, *, expected: Language) -> Language:
    """Return the language that an answer is in: `expected` unless it plainly is the other one."""
    other: Language = "en" if expected == "sv" else "sv"
    said = plain(answer).split()
    ours = sum(word in lexicon(expected).only_here for word in said)
    theirs = sum(word in lexicon(other).only_here for word in said)
    return other if theirs >= OTHER_LANGUAGE_WORDS and not ours else expected


def _says_nothing(latest: str, words: Lexicon) -> bool:
    return polarity(latest, words) is Polarity.UNSAID and not any(one.found(latest) for one in words.told.values())


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
        # A guest who praises what was done for an allergy needs no apology.
        praised = concern is Concern.ALLERGY and polarity(text, words) is Polarity.GOOD
        if words.concern[concern.value].found(text) and not praised:
            return concern
    return None
