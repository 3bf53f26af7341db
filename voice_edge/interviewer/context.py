"""The act of an answer to a follow-up question: where it is uncertain, the question decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pilot.cafes import Language
from voice_edge.interviewer.acts import ALMOST_CERTAIN, CLEAR
from voice_edge.interviewer.cafe_questions import asks_plainly
from voice_edge.interviewer.conversation import Exchange
from voice_edge.interviewer.expectation import Expectation, expectation_of
from voice_edge.interviewer.plain_answers import says_no
from voice_edge.interviewer.spoken import plain

if TYPE_CHECKING:
    from pipelines.language.reading import Reading
    from voice_edge.interviewer.acts import HeardAct

# By what a question leads to: the acts that it corrects unless they are nearly certain.
_CORRECTED: dict[Expectation, frozenset[str]] = {
    "fault": frozenset({"praise", "joke", "suggestion", "small_talk", "off_topic", "question", "nothing_to_say"}),
    "praise": frozenset({"complaint", "unsure", "neutral_report", "question", "nothing_to_say"}),
    "wish": frozenset({"praise", "complaint", "mixed", "unsure", "neutral_report", "joke"}),
}
_BY_EARLIER_ACT: dict[str, Expectation] = {"complaint": "fault", "praise": "praise"}


def act_in_context(act: HeardAct, latest: Exchange, reading: Reading, *, language: Language) -> tuple[HeardAct, bool]:
    """Return the act of the latest answer, and whether the question decided it.

    An answer usually continues what the question is about: a contrary verdict counts only if it is claimed, or nearly
    certain.

    Args:
        act: Its act by itself.
        latest: The question and the answer.
        reading: The reading of all answers, at least two.
        language: The answer's language.
    """
    asks = act == "question" and ("?" in latest.answer or asks_plainly(latest.answer, language))
    expects = _expected(latest.question, language, reading)
    if asks or says_no(plain(latest.answer), language) or act not in _CORRECTED.get(expects, frozenset()):
        return act, False
    turn, acts = len(reading.turns) - 1, reading.turns[-1].acts
    sides = {claim.polarity for claim in reading.claims if claim.turn == turn}
    likely = any(name == act and likelihood >= ALMOST_CERTAIN for name, likelihood in acts.items())
    if expects == "praise":
        if likely and (sides & {"negative", "mixed"} or act == "question"):
            return act, False
        return ("unsure", False) if act == "complaint" else ("praise", True)
    if likely and (act != "praise" or sides & {"positive", "mixed"}):
        return act, False
    return ("neutral_report" if expects == "fault" else "suggestion"), True


def _expected(question: str, language: Language, reading: Reading) -> Expectation:
    """Return what a question leads to, by its words, else by what the guest said before."""
    before = reading.turns[-2]
    likely = before.acts.get(before.act, 0.0) >= CLEAR
    return expectation_of(question, language) or (_BY_EARLIER_ACT.get(before.act, "") if likely else "")
