"""The interviewer: asks the opening question and up to two follow-up questions, then says thank you."""

from voice_edge.interviewer.choice import choose_interviewer
from voice_edge.interviewer.conversation import (
    MOST_FOLLOW_UPS,
    Conversation,
    Exchange,
    Interviewer,
    Loaded,
    ReplyPart,
    TimedLoads,
)
from voice_edge.interviewer.model.equivalence import equivalent
from voice_edge.interviewer.model.ollama import OllamaInterviewer
from voice_edge.interviewer.phrases import ask_again, no_speech, opening_question, thanks
from voice_edge.interviewer.scripted import ScriptedInterviewer
from voice_edge.interviewer.tally import Tallied, Tally

__all__ = [
    "MOST_FOLLOW_UPS",
    "Conversation",
    "Exchange",
    "Interviewer",
    "Loaded",
    "OllamaInterviewer",
    "ReplyPart",
    "ScriptedInterviewer",
    "Tallied",
    "Tally",
    "TimedLoads",
    "ask_again",
    "choose_interviewer",
    "equivalent",
    "no_speech",
    "opening_question",
    "thanks",
]
