"""Sessions as stories: each step of a customer becomes the events that an edge would record.

story = Story("aurora", at=MORNING).opens().starts().consents().says("Kön var lång.", shown_after_ms=900).completes()
frame = raw_events(story)
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel

from pilot.events import (
    CONSENT_VERSION,
    Client,
    ConsentDecided,
    Event,
    MicrophoneResult,
    PageOpened,
    Probe,
    ReplySent,
    ReplyShown,
    SessionAbandoned,
    SessionCompleted,
    SessionStarted,
    StageMarks,
    TurnFailed,
    UtteranceCommitted,
    UtteranceEdited,
    make_event,
)
from pilot.identifiers import new_identifier

Language = Literal["sv", "en"]
Mode = Literal["voice", "text"]

MORNING = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)  # 08:30 in Stockholm, the pilot's first day
STEP_SECONDS = 5.0

RAW_SCHEMA: dict[str, Any] = {
    "day": pl.Date(),
    "event_id": pl.String(),
    "event": pl.String(),
    "at": pl.Datetime("us", "UTC"),
    "session_id": pl.String(),
    "cafe": pl.String(),
    "edge": pl.String(),
    "epoch": pl.Int64(),
    "seq": pl.Int64(),
    "simulated": pl.Boolean(),
    "schema_version": pl.Int64(),
    "data": pl.String(),
    "segment": pl.String(),
}


class Story:
    """One session; each step records the edge's events and returns the story."""

    def __init__(
        self,
        cafe: str = "aurora",
        *,
        at: datetime = MORNING,
        language: Language = "sv",
        mode: Mode = "voice",
        simulated: bool = False,
        edge: str = "edge1",
    ) -> None:
        self.cafe, self.language, self.mode, self.simulated, self.edge = cafe, language, mode, simulated, edge
        self.session_id = new_identifier(at=at)
        self.now = at
        self.epoch, self.seq, self.turn = 1, 0, 0
        self.events: list[Event] = []

    def records(self, content: BaseModel) -> Story:
        """Record any event."""
        self.events.append(
            make_event(
                content,
                event_id=new_identifier(at=self.now),
                at=self.now,
                session_id=self.session_id,
                cafe=self.cafe,
                edge=self.edge,
                epoch=self.epoch,
                seq=self.seq,
                simulated=self.simulated,
            )
        )
        self.seq += 1
        self.now += timedelta(seconds=STEP_SECONDS)
        return self

    def waits(self, *, seconds: float) -> Story:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
        return self

    def loses(self, events: int = 1) -> Story:
        """Lose events in transit: their sequence numbers are used, but they never arrive."""
        self.seq += events
        return self

    def opens(self, *, code: str = "BCD234") -> Story:
        """Open the page."""
        return self.records(PageOpened(code=code, language=self.language, device_hash="device"))

    def starts(self) -> Story:
        """Press start."""
        client = Client(browser="Safari", os="iOS", os_major="26", in_app=False)
        return self.records(
            SessionStarted(mode=self.mode, language=self.language, client=client, device_hash="device", code="BCD234")
        )

    def consents(self, *, granted: bool = True) -> Story:
        """Answer the question of consent."""
        return self.records(ConsentDecided(granted=granted, version=CONSENT_VERSION, scope=("transcript",)))

    def microphone(self, result: Any = "granted") -> Story:
        """Answer the browser's request for the microphone."""
        return self.records(MicrophoneResult(result=result, sample_rate=48000))

    def says(
        self,
        transcript: str,
        *,
        mode: Mode | None = None,
        turn: int | None = None,
        revision: int = 1,
        confidence: float = 0.9,
        low_confidence: bool = False,
        shown_after_ms: float | None = 900.0,
        sent_after_ms: float = 650.0,
        answered: bool = True,
    ) -> Story:
        """Say or type something, and get a reply.

        Args:
            transcript: The words.
            mode: Voice or text; by default the session's.
            turn: The turn's number; by default the next.
            revision: The revision of the transcript.
            confidence: The recogniser's confidence, for voice.
            low_confidence: Whether the transcript is marked as uncertain.
            shown_after_ms: The response time; None if the reply is never shown.
            sent_after_ms: The edge's own mark of the reply.
            answered: Whether there is a reply.
        """
        mode = mode or self.mode
        self.turn = turn if turn is not None else self.turn + 1
        voice = mode == "voice"
        self.records(
            UtteranceCommitted(
                turn=self.turn,
                revision=revision,
                mode=mode,
                language=self.language,
                transcript=transcript,
                confidence=confidence if voice else None,
                low_confidence=low_confidence,
                speech_samples=32_000 if voice else 0,
                question="Hur var ditt besök?",
            )
        )
        if answered:
            marks = StageMarks(soft_end=240, recognition_end=600, commit=610, first_token=640, sent=sent_after_ms)
            self.records(
                ReplySent(
                    turn=self.turn,
                    text="Vad gjorde det så?",
                    author="scripted",
                    purpose="follow_up",
                    marks=marks if voice else StageMarks(),
                    speech_end_page_ms=1000.0 if voice else None,
                )
            )
            if shown_after_ms is not None:
                self.records(ReplyShown(turn=self.turn, response_ms=shown_after_ms if voice else None))
        return self

    def fails(self, reason: Any = "recogniser_timeout", *, turn: int | None = None) -> Story:
        """Say something that gets no reply."""
        self.turn = turn if turn is not None else self.turn + 1
        return self.records(TurnFailed(turn=self.turn, reason=reason, mode=self.mode))

    def edits(self, turn: int, transcript: str) -> Story:
        """Edit a turn; an empty text deletes it."""
        return self.records(UtteranceEdited(turn=turn, transcript=transcript))

    def completes(self) -> Story:
        """Send the feedback."""
        return self.records(
            SessionCompleted(
                turns=self.turn,
                language=self.language,
                receipt_hash=self.session_id.replace("-", "") * 2,
                reference="BCD234",
                preliminary_score=64,
                preliminary_eligible=True,
                rubric_version="2026-11",
            )
        )

    def leaves(self, reason: Any = "closed") -> Story:
        """End without sending."""
        return self.records(SessionAbandoned(reason=reason))

    def resumes(self, *, edge: str = "edge2") -> Story:
        """Reconnect on another replica after the connection broke."""
        self.epoch, self.seq, self.edge = self.epoch + 1, 0, edge
        return self


def whole_visit(cafe: str = "aurora", *, at: datetime = MORNING, simulated: bool = False) -> Story:
    """Return a session from opening to sending, with two voice turns."""
    story = Story(cafe, at=at, simulated=simulated).opens().starts().consents().microphone()
    return (
        story.says("Kardemummabullen var torr klockan elva, nästan hård i kanten.")
        .says("Baka en gång till efter lunch, så blir den som på morgonen.")
        .completes()
    )


def probes(
    cafe: str = "aurora",
    *,
    start: datetime,
    outcomes: Iterable[bool],
    every_seconds: int = 30,
    target: Any = "customer_page",
    simulated: bool = False,
) -> list[Event]:
    """Return one probe every `every_seconds` from `start` on, good or failed."""
    session_id = new_identifier(at=start)
    return [
        make_event(
            Probe(target=target, ok=ok, status=200 if ok else 503, duration_ms=12.0, every_seconds=every_seconds),
            event_id=new_identifier(at=start),
            at=start + timedelta(seconds=every_seconds * place),
            session_id=session_id,
            cafe=cafe,
            edge="watch",
            epoch=1,
            seq=place,
            simulated=simulated,
        )
        for place, ok in enumerate(outcomes)
    ]


def raw_events(*sources: Story | Iterable[Event]) -> pl.DataFrame:
    """Return a frame of RAW_EVENTS from stories and events."""
    events = [event for each in sources for event in (each.events if isinstance(each, Story) else each)]
    rows = [
        {
            "day": event.day,
            "event_id": event.event_id,
            "event": event.event,
            "at": event.at,
            "session_id": event.session_id,
            "cafe": event.cafe,
            "edge": event.edge,
            "epoch": event.epoch,
            "seq": event.seq,
            "simulated": event.simulated,
            "schema_version": event.schema_version,
            "data": json.dumps(event.data, ensure_ascii=False),
            "segment": f"{event.edge}-segment",
        }
        for event in events
    ]
    return pl.DataFrame(rows, schema=RAW_SCHEMA)
