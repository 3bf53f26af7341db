"""What the guest does with the latest answer: its likeliest act, checked against its claims."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from pilot.cafes import Language
from voice_edge.interviewer.plain_answers import declines, is_bare_praise, is_so_so, is_top_rating, says_no, says_yes
from voice_edge.interviewer.spoken import plain

if TYPE_CHECKING:
    from pipelines.language.reading import Act, Reading

    HeardAct: TypeAlias = Act | Literal["unsure"]

LEAST_LIKELIHOOD = 0.45  # below this, no judging act is certain enough to reply to by itself
LEAST_NEUTRAL = 0.3  # acts whose reply shows neither joy nor regret need less: a wrong one does no harm
LEAST_FOR_AI = 0.3  # nor does the truth about being an AI
LEAST_FOR_QUESTION = 0.2  # of a short answer in the form of a question
LEAST_UNMARKED = 0.6  # of a question without a mark that does not begin as one: "nu vet ni det"
LEAST_JUDGING = 0.35  # of all judging acts together, for the claims to decide between them
LIKELY = 0.55  # from here on the act stands although the claims say less
ALMOST_CERTAIN = 0.8  # from here on it stands although the claims say the contrary
CERTAIN = 0.97  # from here on praise stands although it says "but"
MOSTLY = 0.5  # the share among judging acts from which praise is not taken for something else
LEAD = 0.1  # how much clearer one side is than the other, to count without a claim
HALF_CLEAR = 0.35  # beside a word of contrast
CLEAR = 0.5  # from here on a clause praises, or finds fault
_FEW_WORDS = 14
UNUSABLE = 0.5  # from this likelihood on, gibberish or an instruction to the machine

_JUDGING: tuple[Act, ...] = ("praise", "complaint", "mixed")
_NEUTRAL = frozenset({"suggestion", "question", "neutral_report", "nothing_to_say", "refuses", "off_topic"})
_NO_ANSWERS = ("gibberish", "injection", "stuffing")
_CHEERFUL = frozenset({"joke", "small_talk"})
_ASKS_IF_AI: dict[Language, re.Pattern[str]] = {
    "sv": re.compile(
        r"\b(?:är|e|ä) (?:du|det|de|detta|dä)\b.{0,40}\b(?:ai|robot|bot|människa|dator|maskin|chatgpt|på riktigt)\b|"
        r"(?:pratar|snackar|talar) (?:jag|man) me?d?\b.{0,40}\b(?:ai|robot|bot|människa|dator|maskin)"
    ),
    "en": re.compile(
        r"\b(?:are you|is this|am i (?:talking|speaking)(?: to)?)\b.{0,40}"
        r"\b(?:ai|robot|bot|human|(?<!for )real|machine|computer|person|chatbot)\b"
    ),
}
_CONTRAST: dict[Language, re.Pattern[str]] = {
    "sv": re.compile(r"\b(?:men|fast|dock|tills|däremot|förutom|utom|tyvärr)\b"),
    "en": re.compile(r"\b(?:but|until|though|although|however|except|only thing|unfortunately|shame)\b"),
}
_INTERROGATIVE: dict[Language, re.Pattern[str]] = {
    "sv": re.compile(
        r"^om (?:man|jag|vi|ni|det|du)\b|\b(?:(?:när|var) (?:öppnar|stänger|slår|börjar|är|e|ä|har|ligger|"
        r"finns|kan|hittar|står)|"
        r"vart|vad|vem|vilka|vilken|vilket|hur|varför|finns|(?:har|kan|får|tar|är|e|ska|går|vill) "
        r"(?:du|ni|man|jag|det|de|vi|nån|någon)|vet (?:du|ni) (?:om|när|var|hur|vad|vem|vilk\w*))\b"
    ),
    "en": re.compile(
        r"\b(?:when|where|what|whats|who|which|how|why|"
        r"(?:do|does|did|can|could|may|is|are|have|has|would|will) "
        r"(?:you|u|the|there|i|it|one|we|someone|somebody|anyone))\b"
    ),
}


@dataclass(frozen=True, slots=True)
class Sides:
    """How clearly the latest answer praises and finds fault.

    Attributes:
        praise: 0-1: by its claims, or by its clauses.
        blame: The same of blame.
    """

    praise: float
    blame: float

    @classmethod
    def of(cls, reading: Reading) -> Sides:
        """Return the sides of the last turn."""
        turn = len(reading.turns) - 1
        claimed = {claim.polarity for claim in reading.claims if claim.turn == turn}
        clauses = [clause for clause in reading.clauses if clause.turn == turn]
        praise = max((clause.praise for clause in clauses), default=reading.turns[-1].praise)
        blame = max((clause.blame for clause in clauses), default=reading.turns[-1].blame)
        return cls(
            praise=1.0 if claimed & {"positive", "mixed"} else praise,
            blame=1.0 if claimed & {"negative", "mixed"} else blame,
        )

    @property
    def praises(self) -> bool:
        """Return whether it praises."""
        return self.praise >= CLEAR

    @property
    def blames(self) -> bool:
        """Return whether it finds fault."""
        return self.blame >= CLEAR


def is_no_answer(reading: Reading) -> bool:
    """Return whether the talk is gibberish, a list of words or an instruction to the machine."""
    return any(reading.kinds.get(kind, 0.0) >= UNUSABLE for kind in _NO_ANSWERS)


def act_of(reading: Reading, answer: str, *, language: Language) -> HeardAct:
    """Return the act of the latest answer; "unsure" if the reading does not settle it."""
    latest, words = reading.turns[-1], plain(answer)
    if not words.strip():
        return "nothing_to_say"
    if latest.acts.get("asks_if_ai", 0.0) >= LEAST_FOR_AI or _ASKS_IF_AI[language].search(words):
        return "asks_if_ai"
    if is_no_answer(reading):
        return "unsure"
    if len(words.split()) <= _FEW_WORDS and declines(words, language):
        return "refuses"
    if says_no(words, language):
        return "nothing_to_say"
    if is_so_so(words, language) or (says_yes(words, language) and len(reading.turns) > 1):
        return "neutral_report"
    if is_bare_praise(words, language) or (len(words.split()) <= _FEW_WORDS and is_top_rating(words, language)):
        return "praise"
    acts = dict(latest.acts)
    asks, form = acts.get("question", 0.0), _INTERROGATIVE[language]
    if "?" in answer:
        if len(words.split()) <= _FEW_WORDS and asks >= LEAST_FOR_QUESTION:
            return "question"
    elif not (form.search(words) if asks >= LEAST_UNMARKED else form.match(words.strip())):
        acts["question"] = 0.0
    act = max(acts, key=acts.__getitem__)
    sides = Sides.of(reading)
    if act in _JUDGING:
        return _judged(act, acts, sides, contrasts=bool(_CONTRAST[language].search(words)))
    if acts[act] < (LEAST_NEUTRAL if act in _NEUTRAL else LEAST_LIKELIHOOD):
        return "unsure"
    return "unsure" if act in _CHEERFUL and sides.blames and not sides.praises else act


def _judged(act: Act, acts: Mapping[Act, float], sides: Sides, *, contrasts: bool) -> HeardAct:
    """Return the side that an answer takes.

    A likely act stands; the claims decide between unlikely ones. What the claims contradict is unsure: joy at blame and
    regret at praise are worse than a reserved word.
    """
    likelihood = acts[act]
    if likelihood < ALMOST_CERTAIN and sides.praises and sides.blames:
        return "mixed"
    if contrasts and likelihood < CERTAIN and min(sides.praise, sides.blame) >= HALF_CLEAR:
        return "mixed"
    if act == "praise" and contrasts and likelihood < CERTAIN:
        return "mixed"
    if act == "mixed" and likelihood < ALMOST_CERTAIN and sides.praises != sides.blames:
        return "praise" if sides.praises else "complaint"
    contradicted = {
        "praise": sides.blames and not sides.praises,
        "complaint": sides.praises and not sides.blames,
        "mixed": False,
    }[act]
    if likelihood >= (ALMOST_CERTAIN if contradicted else LIKELY):
        return act
    judging = sum(acts.get(each, 0.0) for each in _JUDGING)
    if contradicted or judging < LEAST_JUDGING:
        return "unsure"
    if act == "praise":
        mostly = likelihood >= MOSTLY * judging and sides.praise >= sides.blame + LEAD
        return "praise" if mostly and not sides.blames else "mixed" if sides.praises and sides.blames else "unsure"
    if sides.blame >= sides.praise + LEAD and (sides.blames or likelihood >= LEAST_LIKELIHOOD):
        return "complaint"
    if sides.praises:
        return "mixed"
    return act if likelihood >= LEAST_LIKELIHOOD else "unsure"
