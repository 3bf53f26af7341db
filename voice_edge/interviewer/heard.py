"""What the script acts on: a reading of the talk, with the things that the guest has named."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pilot.cafes import Language
from pipelines.language.reading import Danger
from voice_edge.interviewer.acts import CLEAR, Sides, act_of, is_no_answer
from voice_edge.interviewer.context import act_in_context
from voice_edge.interviewer.conversation import Conversation
from voice_edge.interviewer.plain_answers import blames_nobody, has_just_arrived
from voice_edge.interviewer.spoken import plain, spoken_language
from voice_edge.interviewer.things import Named, named
from voice_edge.interviewer.waits import wait_in

if TYPE_CHECKING:
    from pipelines.language.reading import Act, Claim, ClauseReading, Detail, Polarity, Reading, TurnReading
    from voice_edge.interviewer.acts import HeardAct

_SENTENCES = re.compile(r"[^.!?]*\w[^.!?]*")
CONTENT = 0.65  # how clearly "all fine" praises, to be met with joy
AGREES = 0.1  # how much more a clause praises than blames, to name its thing as praised; or the reverse
INSTRUCTS = 0.6  # from this likelihood on, an instruction to the machine
LEAST_FOR_DANGER = 0.28  # of the likeliest act: to send a guest to the staff needlessly is better than not to
_NOT_JUDGED = frozenset({"neutral_report", "nothing_to_say", "unsure", "small_talk"})
_NOT_NAMED = frozenset({"price", "opening_hours"})
_NOT_BLAMED = _NOT_NAMED | {"service"}  # nobody of the staff, and not all of them
_NOT_SUGGESTED = _NOT_NAMED | {"coffee", "food"}
_LOOSE = frozenset({"cleanliness", "seating", "atmosphere", "noise", "accessibility", "other", "service"})


@dataclass(frozen=True, slots=True)
class Heard:
    """One talk as the script understands it.

    Attributes:
        language: The language of the latest answer.
        act: The act that the reply answers; "unsure" if none is likely enough.
        likeliest: The reading's likeliest act.
        continues: Whether the question before decided the act: the answer only adds to what it is about.
        matter: The act of the talk as a whole: an answer that only adds a detail continues the earlier act.
        details: The kinds of detail given in any answer.
        themes: The negative themes, those of the latest answer first.
        good: The thing praised; None for none.
        bad: The thing blamed; None for none.
        praised: The member of staff praised by name; empty for none.
        wait: The time that the guest has waited, as said; empty for none.
        danger: The danger that the latest answer reports; None for none.
        after_danger: Whether an earlier answer reported one.
        blamed: Whether any earlier answer finds fault.
        content: Whether the latest answer only praises, whatever its act.
        faults: Whether it clearly finds fault.
        not_ours: Whether what was wrong is no fault of the café's.
        arrived: Whether the visit has only begun, and nothing was judged.
        instructs: Whether it is an instruction to the machine.
        words: The number of words of the latest answer.
        sentences: The number of its sentences.
        words_in_all: The number of words of all answers.
        turn: Its index.
        named: All things named.
    """

    language: Language
    act: HeardAct
    likeliest: Act
    continues: bool
    matter: HeardAct
    details: frozenset[Detail]
    themes: tuple[str, ...]
    good: Named | None
    bad: Named | None
    praised: str
    wait: str
    danger: Danger | None
    after_danger: bool
    blamed: bool
    content: bool
    faults: bool
    not_ours: bool
    arrived: bool
    instructs: bool
    words: int
    sentences: int
    words_in_all: int
    turn: int
    named: tuple[Named, ...]

    @property
    def after_fault(self) -> bool:
        """Return whether the answer only adds to an earlier complaint."""
        return self.act in ("neutral_report", "unsure") and self.blamed and self.turn > 0

    @property
    def after_rescue(self) -> bool:
        """Return whether it says that the matter of an earlier complaint ended well."""
        return self.after_fault and self.content and self.likeliest == "praise"

    @property
    def leans_to_blame(self) -> bool:
        """Return whether an answer that was not understood rather finds fault than praises."""
        return self.act == "unsure" and (self.faults or self.likeliest == "complaint")

    @property
    def latest_things(self) -> tuple[str, ...]:
        """Return the things in the latest answer by name, each once; no dishes, drinks or prices."""
        here = (one for one in self.named if one.turn == self.turn and one.kind == "thing")
        return tuple(dict.fromkeys(one.name for one in here if one.theme not in _NOT_SUGGESTED))


Reader: TypeAlias = "Callable[[Conversation], Reading]"


def read_conversation(conversation: Conversation) -> Reading:
    """Return the learned reading of a talk."""
    # Loaded late: the model's weights are needed only once a guest has answered.
    from pipelines.language.reader import read

    return read([exchange.answer for exchange in conversation.exchanges])


def hear(conversation: Conversation, reading: Reading) -> Heard:
    """Combine a reading with the things that the guest named in the café."""
    answers = [exchange.answer for exchange in conversation.exchanges]
    language = spoken_language(answers[-1], expected=conversation.language)
    things = named(answers, cafe=conversation.cafe, language=language)
    latest, turn = reading.turns[-1], len(answers) - 1
    sides = Sides.of(reading)
    act, continues = act_of(reading, answers[-1], language=language), False
    if turn > 0:
        act, continues = act_in_context(act, conversation.exchanges[-1], reading, language=language)
    marked = [(one, _polarity(one, reading)) for one in things if one.kind != "area"]
    people = [one.name for one, polarity in marked if one.kind == "person" and polarity == "positive"]
    wait, faults = wait_in(answers[-1], language), _negative_themes(reading, turn)
    areas = any(one.kind == "area" for one in things)
    extra: set[Detail] = {"thing"} if any(one.kind != "area" for one in things) else set()
    extra |= {"amount"} if wait else set()
    extra |= {"place"} if areas else set()
    return Heard(
        language=language,
        act=act,
        likeliest=latest.act,
        continues=continues,
        matter=_matter(act, reading),
        details=reading.details | extra,
        themes=faults,
        good=_first(marked, "positive", turn=turn),
        bad=_first(marked, "negative", turn=turn),
        praised=people[-1] if people and act in ("praise", "mixed") else "",
        wait=wait,
        danger=_danger(latest),
        after_danger=any(one.danger is not None for one in reading.turns[:-1]),
        blamed=any(claim.turn < turn and claim.polarity != "positive" for claim in reading.claims)
        or any(one.act in ("complaint", "mixed") for one in reading.turns[:-1]),
        content=sides.praise >= CONTENT and not sides.blames and not is_no_answer(reading),
        faults=sides.blames,
        not_ours=not sides.blames and blames_nobody(plain(answers[-1]), language),
        arrived=act in _NOT_JUDGED and has_just_arrived(plain(answers[-1]), language),
        instructs=reading.kinds.get("injection", 0.0) >= INSTRUCTS,
        words=len(plain(answers[-1]).split()),
        sentences=len(_SENTENCES.findall(answers[-1])),
        words_in_all=sum(len(plain(answer).split()) for answer in answers),
        turn=turn,
        named=things,
    )


def _matter(act: HeardAct, reading: Reading) -> HeardAct:
    if act not in ("neutral_report", "unsure"):
        return act
    earlier = [one for one in reading.turns[:-1] if one.act in ("complaint", "mixed", "praise", "suggestion")]
    return earlier[-1].act if earlier else act


def _danger(latest: TurnReading) -> Danger | None:
    """Return the danger that a turn reports: a kind of its own if it is an emergency of no known kind."""
    likelihood = latest.acts.get("emergency", 0.0)
    if latest.danger is None and latest.act == "emergency" and likelihood >= LEAST_FOR_DANGER:
        return Danger(kind="other", when="now", who="other", likelihood=likelihood)
    return latest.danger


def _negative_themes(reading: Reading, turn: int) -> tuple[str, ...]:
    faults = [claim for claim in reading.claims if claim.polarity != "positive"]
    faults.sort(key=lambda claim: (claim.turn != turn, -claim.strength))
    return tuple(dict.fromkeys(claim.theme for claim in faults))


def _first(marked: Sequence[tuple[Named, Polarity | None]], polarity: Polarity, *, turn: int) -> Named | None:
    """Return the first thing of the latest answer with this polarity."""
    never = _NOT_NAMED if polarity == "positive" else _NOT_BLAMED
    fits = [one for one, found in marked if found == polarity and one.kind != "person" and one.theme not in never]
    return next((one for one in fits if one.turn == turn), None)


def _polarity(one: Named, reading: Reading) -> Polarity | None:
    """Return how a thing was judged, if its own clause agrees."""
    found, clause = _claimed(one, reading), _clause_of(one, reading)
    if clause is None or found in (None, "mixed"):
        return found
    side = clause.praise - clause.blame
    agrees = side >= AGREES if found == "positive" else side <= -AGREES
    return found if agrees else None


def _clause_of(one: Named, reading: Reading) -> ClauseReading | None:
    return next(
        (each for each in reading.clauses if each.turn == one.turn and each.start <= one.start < each.end), None
    )


def _claimed(one: Named, reading: Reading) -> Polarity | None:
    """Return how a thing was judged: by a claim about its theme, by the claim around it, or by its clause."""
    claims = [claim for claim in reading.claims if claim.turn == one.turn]
    around = [claim for claim in claims if claim.start <= one.start and one.end <= claim.end]
    for found in (
        [claim for claim in around if claim.theme == one.theme],
        [claim for claim in claims if claim.theme == one.theme],
        [claim for claim in around if claim.theme in _LOOSE],
    ):
        if found:
            return _of(found)
    clause = _clause_of(one, reading)
    if clause is None or (clause.praise >= CLEAR) == (clause.blame >= CLEAR):
        return None
    return "positive" if clause.praise >= CLEAR else "negative"


def _of(claims: Sequence[Claim]) -> Polarity:
    kinds = {claim.polarity for claim in claims}
    return next(iter(kinds)) if len(kinds) == 1 else "mixed"
