"""Validates a model's question; the script asks instead of a faulty one.

A question is validated as a whole, before any of it is shown. The same rules hold for it as for the script's own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pilot.cafes import Language
from voice_edge.interviewer.acknowledgement import tone_of
from voice_edge.interviewer.conversation import Conversation
from voice_edge.interviewer.heard import Heard, hear, read_conversation
from voice_edge.interviewer.model.equivalence import equivalent
from voice_edge.interviewer.question_kinds import kinds_of
from voice_edge.interviewer.spoken import foreign_words, plain
from voice_edge.interviewer.things import Named, named

if TYPE_CHECKING:
    from pipelines.language.reading import Reading

LONGEST_QUESTION_CHARACTERS = 160
FEWEST_QUESTION_WORDS = 2
FOREIGN_WORDS = 2  # from this number of words that exist only in the other language
STEM_LETTERS = 4

_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|$)", re.DOTALL | re.IGNORECASE)
_STRANGE = re.compile(r"[<>{}\[\]|*#`_]|https?:|www\.|\b(?:system|user|assistant|guest|gäst)\s*:", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!…:])\s+")
_PROMISES: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(?:refund|for free|free of charge|voucher|discount|reward|points?|score|promise|guarantee|"
        r"we will|we'll|i will|i'll)\b",
        re.IGNORECASE,
    ),
    "sv": re.compile(
        r"\b(?:återbetal\w*|gratis|rabatt\w*|belöning\w*|poäng|vi ska|vi kommer att|jag ska|lovar|ersätt\w*)\b",
        re.IGNORECASE,
    ),
}
_JOY: dict[Language, re.Pattern[str]] = {
    "en": re.compile(r"\b(?:glad|happy|lovely|great|wonderful|fantastic|enjoy\w*|like most|liked? best|love\w*)\b"),
    "sv": re.compile(r"\b(?:kul|roligt|härligt|underbart|glad\w*|fantastiskt|gillade|njöt|tyckte mest om|älskade)\b"),
}
_REGRET: dict[Language, re.Pattern[str]] = {
    "en": re.compile(r"\b(?:sorry|unfortunate\w*|wrong|disappoint\w*|wasn't good|bothered|upset)\b"),
    "sv": re.compile(r"\b(?:förlåt|tyvärr|tråkigt|ledsam\w*|besviken|fel|inte bra|störde|dåligt)\b"),
}
_CLAIMS_TO_BE_HUMAN: dict[Language, re.Pattern[str]] = {
    "en": re.compile(r"\b(?:i'm|i am|as) (?:a |the )?(?:human|person|barista|waiter|waitress|owner|manager)\b"),
    "sv": re.compile(r"\b(?:jag är|som) (?:en )?(?:människa|person|barista|servitör|servitris|ägare|chef)\b"),
}
# Words of a danger, which only the script speaks of.
_ALARMS: dict[Language, re.Pattern[str]] = {
    "en": re.compile(r"\b(?:112|911|hurt|injured|ambulance|police|stolen|stole|steal|on fire|your loss)\b"),
    "sv": re.compile(r"\b(?:112|skada\w*|kväva\w*|slagen|slog dig|ambulans\w*|polis\w*|stulen|brinner|illa)\b"),
}
# What a question may name although the guest has not: nobody invents the staff.
_KNOWN = frozenset({"personalen", "the staff"})
# Themes whose things are interchangeable once the guest has faulted one of them: the wait, the queue.
_LOOSE = frozenset({"queue", "noise", "price"})


def the_question(text: str) -> str:
    """Return the first question of a model's reply, without preceding text; empty if there is none."""
    said = " ".join(_THOUGHTS.sub(" ", text).split()).strip("\"'“”")
    before, mark, _ = said.partition("?")
    if not mark:
        return ""
    return f"{_SENTENCE.split(before)[-1].strip()}?"


def fault(question: str, conversation: Conversation, *, reading: Reading | None = None) -> str:
    """Return the fault of a question as a code for the metrics; empty if it has none.

    Args:
        question: The result of `the_question`.
        conversation: The conversation that it would continue.
        reading: The reading of its answers; None to read them now.
    """
    language = conversation.language
    if not question:
        return "no_question"
    if len(question) > LONGEST_QUESTION_CHARACTERS or len(question.split()) < FEWEST_QUESTION_WORDS:
        return "length"
    if question.count("?") > 1:
        return "two_questions"
    if _STRANGE.search(question):
        return "markup"
    if _foreign(question, language):
        return "language"
    if _PROMISES[language].search(question):
        return "promise"
    if _CLAIMS_TO_BE_HUMAN[language].search(plain(question)):
        return "human"
    if any(_same(question, exchange.question) for exchange in conversation.exchanges):
        return "repeated"
    heard = hear(conversation, read_conversation(conversation) if reading is None else reading)
    return _unsaid(question, conversation, heard) or _unfit(question, conversation, heard)


def _foreign(question: str, language: Language) -> bool:
    ours, theirs = foreign_words(question, language)
    return theirs > ours or theirs >= FOREIGN_WORDS


def _same(question: str, asked: str) -> bool:
    return equivalent(question, _SENTENCE.split(asked)[-1])


def _unsaid(question: str, conversation: Conversation, heard: Heard) -> str:
    """Return a code if the question names what the guest has not named, or a person whom the guest blames."""
    answers = plain(" ".join(exchange.answer for exchange in conversation.exchanges))
    for one in named([question], cafe=conversation.cafe, language=conversation.language):
        if not _said(one, heard, answers):
            return "unsaid"
        if one.kind == "person" and one.name != heard.praised:
            return "person"
    return ""


def _said(one: Named, heard: Heard, answers: str) -> bool:
    """Return whether the guest has named a thing, maybe as a compound ("kardemummabullen" for "bullen")."""
    head = one.name.removeprefix("the ")
    if one.name in _KNOWN or any(other.name.endswith(head) for other in heard.named):
        return True
    if one.kind != "thing":
        return False
    return f" {head.casefold()[:STEM_LETTERS]}" in answers or (one.theme in _LOOSE and one.theme in heard.themes)


def _unfit(question: str, conversation: Conversation, heard: Heard) -> str:
    """Return a code if the question comes at a danger, in a wrong tone, or for a detail already given."""
    if heard.danger is not None:
        return "danger"
    language, tone, said = conversation.language, tone_of(heard), plain(question)
    if tone in ("sorry", "urgent") and _JOY[language].search(said):
        return "tone"
    if tone == "glad" and _REGRET[language].search(said):
        return "tone"
    if _ALARMS[language].search(said):
        return "danger"
    kinds = kinds_of(question, language)
    if "person" in kinds and tone != "glad":
        return "person"
    # A fault that has a name needs no question what was wrong.
    named_fault = tone == "sorry" and "reason" in kinds and heard.bad is not None
    if named_fault or kinds & heard.details or ("improvement" in kinds and "suggestion" in heard.details):
        return "told"
    earlier = {kind for exchange in conversation.exchanges[1:] for kind in kinds_of(exchange.question, language)}
    return "repeated" if kinds & earlier else ""
