"""The resumable state of a session, which its snapshot contains."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from pilot.events import Client, Language, Mode
from pilot.identifiers import identifier_time
from pilot.redaction import TAIL_TURNS, redact, tail
from pilot.turns import counts_as_feedback
from voice_edge.protocol import KnownTurn, TurnText

REVISIONS_PER_EPOCH = 1_000

Phase = Literal["greeted", "started", "talking", "review", "completed", "left"]


class CommittedTurn(BaseModel):
    """One committed turn of the customer; all text is redacted."""

    turn: int
    question: str
    text: str
    mode: Mode
    low_confidence: bool = False
    edited: bool = False

    @property
    def counts(self) -> bool:
        """Return whether it counts as feedback."""
        return counts_as_feedback(self.text, low_confidence=self.low_confidence, edited=self.edited)


class SessionState(BaseModel):
    """One session.

    Attributes:
        epoch: Incremented on each resume.
        phase: Progress of the session.
        recorded_at: Time of the last recorded event; None before the first.
        question: The question that the next turn answers.
        next_turn: Number of the next turn.
        pending: Committed turn whose reply is not recorded yet; it is answered again after a resume.
        follow_ups: Follow-up questions asked.
        asked_again: Unclear turns.
        silences: Silent turns.
        speech_samples: Voiced samples of all turns.
    """

    model_config = ConfigDict(validate_assignment=False)

    session_id: str
    cafe: str
    code: str
    language: Language
    mode: Mode = "text"
    simulated: bool
    device_hash: str
    network_hash: str = ""
    client: Client
    epoch: int = 1
    phase: Phase = "greeted"
    recorded_at: datetime | None = None
    consented: bool = False
    microphone_granted: bool = False
    question: str = ""
    next_turn: int = 1
    pending: int | None = None
    turns: list[CommittedTurn] = []
    follow_ups: int = 0
    asked_again: int = 0
    silences: int = 0
    speech_samples: int = 0
    reference: str = ""
    preliminary_eligible: bool | None = None

    def age_seconds(self, now: datetime) -> float:
        """Return the time since the session began, which its identifier carries: no older snapshot changes it."""
        return max(0.0, (now - identifier_time(self.session_id)).total_seconds())

    def revision(self, heard: int) -> int:
        """Return the revision to record for the `heard`-th recognition of a turn on this connection.

        Revisions of a later epoch exceed all earlier ones: a turn that is recognised again after a resume, because
        its acknowledgement was lost, replaces the recorded one.
        """
        return (self.epoch - 1) * REVISIONS_PER_EPOCH + heard

    def redacted(self, text: str, *, unfinished: bool = False) -> str:
        """Return the next turn's words, redacted, including numbers spread over several turns.

        Args:
            text: The words.
            unfinished: Whether the turn continues, as in captions.
        """
        before = tail([said.text for said in self.turns[-TAIL_TURNS:]])
        return redact(text, self.language, before=before, unfinished=unfinished)

    def redacted_again(self, number: int, text: str) -> str:
        """Return the edited words of turn `number`, redacted in the context of the turns before it."""
        before = tail([said.text for said in self.turns if said.turn < number][-TAIL_TURNS:])
        return redact(text, self.language, before=before)

    @property
    def has_words(self) -> bool:
        """Return whether the guest has said or written anything."""
        return any(said.text.strip() for said in self.turns)

    def turn(self, number: int) -> CommittedTurn | None:
        """Return a committed turn by its number."""
        return next((said for said in self.turns if said.turn == number), None)

    def texts(self) -> tuple[TurnText, ...]:
        """Return the turns for the review, edits included."""
        return tuple(TurnText(turn=said.turn, text=said.text) for said in self.turns)

    def known_turns(self) -> tuple[KnownTurn, ...]:
        """Return the turns for a page that resumes."""
        return tuple(
            KnownTurn(
                turn=said.turn,
                text=said.text,
                question=said.question,
                mode=said.mode,
                low_confidence=said.low_confidence,
            )
            for said in self.turns
        )
