"""One simulated guest's visit to the page, as the events that an edge would record."""

from __future__ import annotations

import math
import random
from datetime import datetime, timedelta

from pydantic import BaseModel

from pilot import events as contract
from pilot.business_days import session_day
from pilot.cafes import Cafe, Language
from pilot.events import Event, Mode, make_event
from proving.simulator import chances
from proving.simulator.chances import DayChances
from proving.simulator.happenings import Trend, Window
from proving.simulator.identifiers import seeded_identifier
from proving.simulator.speech import DEPTHS, questions, said, urgent

EDGE = "simulator"
SAMPLES_PER_SECOND = 16_000
BROWSERS = (
    ("Safari", "iOS", "26"),
    ("Chrome", "Android", "16"),
    ("Chrome", "iOS", "26"),
    ("Samsung Internet", "Android", "16"),
)
WORDS_PER_SECOND = 2.4
TYPED_WORDS_PER_SECOND = 0.7
REFERENCE_ALPHABET = "23456789BCDFGHJKMNPQRSTWXZ"


class Story:
    """Records a session's events with sequence numbers and a clock of its own."""

    def __init__(self, rng: random.Random, *, cafe: Cafe, opened: datetime) -> None:
        self.rng, self.cafe, self.now = rng, cafe, opened
        self.session_id = seeded_identifier(rng, at=opened)
        self.events: list[Event] = []

    def wait(self, low: float, high: float) -> None:
        """Advance the clock by `low` to `high` seconds."""
        self.now += timedelta(milliseconds=round(1000 * self.rng.uniform(low, high)))

    def record(self, content: BaseModel) -> None:
        """Record one event now."""
        self.events.append(
            make_event(
                content,
                event_id=seeded_identifier(self.rng, at=self.now),
                at=self.now,
                session_id=self.session_id,
                cafe=self.cafe.id,
                edge=EDGE,
                epoch=1,
                seq=len(self.events),
                simulated=True,
            )
        )


def visit(
    rng: random.Random,
    *,
    cafe: Cafe,
    code: str,
    opened: datetime,
    day: DayChances,
    trend: Trend | None = None,
    failing: Window | None = None,
) -> list[Event]:
    """Return the events of one visit, from opening the page to sending, leaving or falling silent.

    Args:
        rng: The random generator.
        cafe: The guest's café.
        code: The scanned code.
        opened: When the guest opens the page.
        day: The café's day.
        trend: The café's trending topic.
        failing: The period in which the recogniser fails most turns.
    """
    story = Story(rng, cafe=cafe, opened=opened)
    language: Language = "en" if rng.random() < day.english else "sv"
    device = f"{rng.getrandbits(128):032x}"
    story.record(contract.PageOpened(code=code, language=language, device_hash=device))
    if rng.random() > chances.SHARE_STARTED:
        return story.events
    story.wait(3, 20)
    mode: Mode = "voice" if rng.random() < chances.SHARE_VOICE else "text"
    browser, system, major = rng.choice(BROWSERS)
    client = contract.Client(browser=browser, os=system, os_major=major, in_app=rng.random() < chances.SHARE_IN_APP)
    story.record(contract.SessionStarted(mode=mode, language=language, client=client, device_hash=device, code=code))
    stays = rng.random() < day.completion
    # The step at which a guest gives up: consent, microphone, a turn, or the review.
    gives_up = "" if stays else rng.choices(("consent", "microphone", "turn", "review"), weights=(2, 2, 4, 2))[0]
    story.wait(2, 10)
    if gives_up == "consent":
        return _leave(story, declined=rng.random() < 0.5)
    story.record(contract.ConsentDecided(granted=True, version=contract.CONSENT_VERSION, scope=("transcript",)))
    if mode == "voice":
        story.wait(1, 6)
        refused = gives_up == "microphone" or rng.random() > chances.SHARE_MICROPHONE
        story.record(contract.MicrophoneResult(result="denied" if refused else "granted", sample_rate=48_000))
        if gives_up == "microphone":
            return _leave(story)
        mode = "text" if refused else "voice"
    depth = rng.choices(DEPTHS, weights=day.depth_weights)[0]
    turns = rng.choices((1, 2, 3), weights=(2, 4, 4))[0]
    last = rng.randrange(turns) if gives_up == "turn" else turns
    about = trend.topic if trend is not None and rng.random() < trend.share else None
    texts = said(rng, cafe=cafe, language=language, depth=depth, turns=turns, about=about)
    if depth != "thin" and rng.random() < chances.SHARE_URGENT:
        texts = (urgent(rng, language=language), *texts[1:])
    heard = []
    for turn, text in enumerate(texts[:last], start=1):
        fails = mode == "voice" and failing is not None and failing.covers(story.now)
        if fails and rng.random() < chances.FAILING_TURNS:
            _lose_turn(story, turn=turn)
            continue
        take_turn(story, turn=turn, text=text, mode=mode, language=language, day=day)
        heard.append((turn, text))
    if gives_up in ("turn", "microphone", "review") or not heard:
        return _leave(story)
    story.wait(3, 20)
    if rng.random() < chances.SHARE_EDITED:
        turn, text = heard[0]
        story.record(contract.UtteranceEdited(turn=turn, transcript=text.rstrip(".") + "!"))
    send(story, turns=len(heard), language=language)
    return story.events


def send(story: Story, *, turns: int, language: Language) -> None:
    """Send the feedback."""
    rng = story.rng
    story.record(
        contract.SessionCompleted(
            turns=turns,
            language=language,
            receipt_hash=f"{rng.getrandbits(256):064x}",
            reference="".join(rng.choices(REFERENCE_ALPHABET, k=6)),
        )
    )


def _lose_turn(story: Story, *, turn: int) -> None:
    """Record a voice turn that the recogniser failed."""
    story.wait(12, 40)
    story.record(contract.TurnFailed(turn=turn, reason="recogniser_timeout"))


def take_turn(
    story: Story, *, turn: int, text: str, mode: Mode, language: Language, day: DayChances, pace: float = 1.0
) -> None:
    """Record a turn and its answer; `pace` is a multiple of the usual speed."""
    rng, words = story.rng, len(text.split())
    story.wait(2, 7)
    if mode == "voice" and rng.random() < chances.SHARE_NO_SPEECH:
        story.wait(8, 8)
        story.record(contract.TurnFailed(turn=turn, reason="no_speech"))
        story.wait(2, 5)
    seconds = words / (pace * (WORDS_PER_SECOND if mode == "voice" else TYPED_WORDS_PER_SECOND))
    story.wait(seconds, seconds * 1.3)
    voice = mode == "voice"
    response = math.exp(rng.gauss(math.log(chances.RESPONSE_MEDIAN_MS), chances.RESPONSE_SPREAD)) * day.response_factor
    commit = min(600.0, response * 0.7)
    story.now += timedelta(milliseconds=round(commit))
    story.record(
        contract.UtteranceCommitted(
            turn=turn,
            revision=1,
            mode=mode,
            language=language,
            transcript=text,
            confidence=round(rng.uniform(0.72, 0.97), 3) if voice else None,
            speech_samples=round(seconds * SAMPLES_PER_SECOND) if voice else 0,
            discarded_speculations=rng.choice((0, 0, 0, 1)) if voice else 0,
            question=questions(language)[turn - 1],
        )
    )
    ends = turn == len(questions(language))
    heard = round(min(response * 0.6, commit), 1)
    soft_end = min(chances.SOFT_END_MS, heard)
    marks = contract.StageMarks(
        soft_end=soft_end,
        recognition_start=min(soft_end + chances.TO_RECOGNITION_MS, heard),
        recognition_end=heard,
        commit=round(commit, 1),
        responder_start=round(commit, 1),
        first_token=round(response * 0.93, 1),
        sent=round(response * 0.95, 1),
    )
    story.now += timedelta(milliseconds=max(1, round(response - commit)))
    story.record(
        contract.ReplySent(
            turn=turn,
            text=questions(language)[turn] if not ends else {"sv": "Tack!", "en": "Thank you!"}[language],
            author="scripted",
            purpose="thanks" if ends else "follow_up",
            marks=marks if voice else contract.StageMarks(),
        )
    )
    story.now += timedelta(milliseconds=20)
    story.record(contract.ReplyShown(turn=turn, response_ms=round(response, 1) if voice else None))


def _leave(story: Story, *, declined: bool = False) -> list[Event]:
    """End without sending: six in ten guests close the page, the others fall silent."""
    story.wait(1, 15)
    if declined:
        story.record(contract.ConsentDecided(granted=False, version=contract.CONSENT_VERSION, scope=()))
        story.record(contract.SessionAbandoned(reason="declined"))
    elif story.rng.random() < chances.SHARE_CLOSED:
        story.record(contract.SessionAbandoned(reason="closed"))
    assert len({session_day(event.session_id) for event in story.events}) == 1
    return story.events
