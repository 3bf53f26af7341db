"""Visits by the hundred thousand, step by step as in `proving.simulator.visit`: columns instead of guests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from pilot.events import CONSENT_VERSION, SCHEMA_VERSION
from proving.simulator import chances
from proving.simulator.identifier_columns import hash_column, letters_column, uuid7_column
from proving.simulator.phrases import LANGUAGES, Phrases
from proving.simulator.visit import (
    BROWSERS,
    EDGE,
    REFERENCE_ALPHABET,
    SAMPLES_PER_SECOND,
    TYPED_WORDS_PER_SECOND,
    WORDS_PER_SECOND,
)

Whole = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]

GIVES_UP = ("consent", "microphone", "turn", "review")
GIVES_UP_CHANCES = (0.2, 0.2, 0.4, 0.2)
CODE = "BCDFGH"  # Every simulated café's table has the same.
MOST_DEPTH = 3  # What a ring tells is excellent, and
RING_TURNS = 3  # takes so many turns.


@dataclass(frozen=True, slots=True)
class Guests:
    """Who opens the page; one place a guest.

    Attributes:
        cafe: The place of their café among the ids.
        opened: When, in milliseconds since 1970.
        english: The chance that they speak English.
        completion: The chance that they complete once they start.
        slowness: The factor on the time that answers take.
        depth: Chances of thin, some, useful and excellent feedback; a row a guest.
        trouble: The chance that a turn of theirs fails.
        topic: The place among `speech.topics` of what their café's guests speak of more than of other things.
        trending: The chance that they begin with it.
        ring: The place of the guest whose story they tell again, on the same device; -1 for honest guests.
    """

    cafe: Whole
    opened: Whole
    english: Floats
    completion: Floats
    slowness: Floats
    depth: Floats
    trouble: Floats
    topic: Whole
    trending: Floats
    ring: Whole


@dataclass(frozen=True, slots=True)
class Habits:
    """How many start, and how many turns they take.

    Attributes:
        started: The share of guests who start.
        turns: The chances of 1, 2, 3, .. turns.
    """

    started: float = chances.SHARE_STARTED
    turns: tuple[float, ...] = (0.2, 0.4, 0.4)


@dataclass(slots=True)
class _Stage:
    """The guests on stage: where each one's clock and numbering stand, and what was recorded."""

    rng: np.random.Generator
    now: Whole
    seq: Whole
    parts: list[pl.DataFrame] = field(default_factory=list)

    def wait(self, who: Whole, low: float, high: float) -> None:
        self.now[who] += np.rint(1000 * self.rng.uniform(low, high, len(who))).astype(np.int64)

    def pass_by(self, who: Whole, millis: Floats) -> None:
        self.now[who] += np.rint(millis).astype(np.int64)

    def record(self, who: Whole, event: str, *data: str | pl.Series) -> None:
        """Record an event of these guests: `data` is its JSON, piece by piece."""
        if not len(who):
            return
        columns = {f"piece {n}": piece for n, piece in enumerate(data) if not isinstance(piece, str)}
        frame = pl.DataFrame({"guest": who, "millis": self.now[who], "seq": self.seq[who], **columns})
        pieces = [pl.lit(piece) if isinstance(piece, str) else pl.col(f"piece {n}") for n, piece in enumerate(data)]
        told = frame.select("guest", "millis", "seq", event=pl.lit(event), data=pl.concat_str(pieces))
        self.parts.append(told)
        self.seq[who] += 1


def visits(
    rng: np.random.Generator, *, guests: Guests, ids: pl.Series, phrases: Phrases, habits: Habits, segment: str
) -> pl.DataFrame:
    """Return the events of these guests' visits, without `day`: columns of RAW_EVENTS, in no particular order."""
    stage = _Stage(rng, guests.opened.copy(), np.zeros(len(guests.opened), dtype=np.int64))
    english = (rng.uniform(size=len(guests.opened)) < guests.english).astype(np.int64)
    language = pl.Series(LANGUAGES).gather(english)
    everybody = np.arange(len(english))
    told_by = np.where(guests.ring < 0, everybody, guests.ring)
    english = english[told_by]
    language = language.gather(told_by)
    device = hash_column(rng, count=len(english), octets=16).gather(told_by)
    stage.record(
        everybody, "page_opened", f'{{"code":"{CODE}","language":"', language, '","device_hash":"', device, '"}'
    )
    _tell(stage, guests=guests, english=english, language=language, device=device, phrases=phrases, habits=habits)
    sessions = uuid7_column(rng, millis=guests.opened)
    told = pl.concat(stage.parts)
    return told.select(
        event_id=uuid7_column(rng, millis=told.get_column("millis").to_numpy()),
        event="event",
        at=pl.from_epoch("millis", time_unit="ms").dt.cast_time_unit("us").dt.replace_time_zone("UTC"),
        session_id=sessions.gather(told.get_column("guest")),
        cafe=ids.gather(guests.cafe[told.get_column("guest").to_numpy()]),
        edge=pl.lit(EDGE),
        epoch=pl.lit(1, pl.Int64),
        seq="seq",
        simulated=pl.lit(value=True),
        schema_version=pl.lit(SCHEMA_VERSION, pl.Int64),
        data="data",
        segment=pl.lit(segment),
    )


def _tell(
    stage: _Stage,
    *,
    guests: Guests,
    english: Whole,
    language: pl.Series,
    device: pl.Series,
    phrases: Phrases,
    habits: Habits,
) -> None:
    rng, honest = stage.rng, guests.ring < 0
    who = np.flatnonzero((rng.uniform(size=len(english)) < habits.started) | ~honest)
    stage.wait(who, 3, 20)
    voice = (rng.uniform(size=len(english)) < chances.SHARE_VOICE) & honest
    _start(stage, who, voice=voice, language=language, device=device)
    stays = (rng.uniform(size=len(english)) < guests.completion) | ~honest
    reason = np.where(stays, -1, rng.choice(len(GIVES_UP), p=GIVES_UP_CHANCES, size=len(english)))
    stage.wait(who, 2, 10)
    _leave(stage, who[reason[who] == 0], declines=0.5)
    who = who[reason[who] != 0]
    consent = f'{{"granted":true,"version":"{CONSENT_VERSION}","scope":["transcript"],"device_token_hash":null}}'
    stage.record(who, "consent_decided", consent)
    talking = who[voice[who]]
    stage.wait(talking, 1, 6)
    refused = (reason == 1) | (rng.uniform(size=len(english)) > chances.SHARE_MICROPHONE)
    answer = pl.Series(("granted", "denied")).gather(refused[talking].astype(np.int64))
    stage.record(talking, "microphone_result", '{"result":"', answer, '","sample_rate":48000}')
    _leave(stage, talking[reason[talking] == 1])
    who = who[~(voice[who] & (reason[who] == 1))]
    voice &= ~refused
    depth = (rng.uniform(size=(len(english), 1)) > np.cumsum(guests.depth, axis=1)[:, :-1]).sum(axis=1)
    turns = 1 + rng.choice(len(habits.turns), p=habits.turns, size=len(english))
    depth, turns = (
        np.where(honest, depth, MOST_DEPTH),
        np.where(honest, turns, np.minimum(RING_TURNS, len(habits.turns))),
    )
    about = np.where(rng.uniform(size=len(english)) < guests.trending, guests.topic, -1)
    last = np.where(reason == 2, (rng.uniform(size=len(english)) * turns).astype(np.int64), turns)
    said = np.zeros(len(english), dtype=np.int64)
    opening = said.copy()  # What each said first; edits are of that.
    heard, heard_first = np.zeros(len(english), dtype=np.int64), np.zeros(len(english), dtype=bool)
    for turn in range(1, len(habits.turns) + 1):
        speaking = who[last[who] >= turn]
        if not len(speaking):
            break
        spoken_of = about[speaking] if turn == 1 else np.full(len(speaking), -1)
        said[speaking] = phrases.drawn(
            rng, language=english[speaking], depth=depth[speaking], turn=turn, about=spoken_of
        )
        again = speaking[~honest[speaking]]
        said[again] = said[guests.ring[again]]
        told = _turn(
            stage,
            speaking,
            turn=turn,
            said=said[speaking],
            voice=voice,
            english=english,
            guests=guests,
            phrases=phrases,
        )
        heard[told] += 1
        if turn == 1:
            opening = said.copy()
            heard_first[told] = True
    _leave(stage, who[(reason[who] >= 1) | (heard[who] == 0)])
    who = who[(reason[who] < 0) & (heard[who] > 0)]
    stage.wait(who, 3, 20)
    edits = who[(rng.uniform(size=len(who)) < chances.SHARE_EDITED) & heard_first[who] & honest[who]]
    if len(edits):
        mended = phrases.texts.gather(opening[edits]).str.strip_suffix('"').str.strip_chars_end(".")
        stage.record(edits, "utterance_edited", '{"turn":1,"transcript":', mended, '!"}')
    references = letters_column(rng, count=len(who), length=6, alphabet=REFERENCE_ALPHABET)
    stage.record(
        who,
        "session_completed",
        '{"turns":',
        _numbers(heard[who]),
        ',"language":"',
        language.gather(who),
        '","receipt_hash":"',
        hash_column(rng, count=len(who), octets=32),
        '","reference":"',
        references,
        '","preliminary_score":null,"preliminary_eligible":null,"rubric_version":""}',
    )


def _start(stage: _Stage, who: Whole, *, voice: Truths, language: pl.Series, device: pl.Series) -> None:
    clients = pl.Series(
        f'{{"browser":"{browser}","os":"{system}","os_major":"{major}","in_app":{inside}}}'
        for inside in ("false", "true")
        for browser, system, major in BROWSERS
    )
    inside = stage.rng.uniform(size=len(who)) < chances.SHARE_IN_APP
    client = stage.rng.integers(0, len(BROWSERS), size=len(who)) + len(BROWSERS) * inside
    stage.record(
        who,
        "session_started",
        '{"mode":"',
        pl.Series(("text", "voice")).gather(voice[who].astype(np.int64)),
        '","language":"',
        language.gather(who),
        '","client":',
        clients.gather(client),
        ',"device_hash":"',
        device.gather(who),
        f'","code":"{CODE}"}}',
    )


def _turn(
    stage: _Stage,
    who: Whole,
    *,
    turn: int,
    said: Whole,
    voice: Truths,
    english: Whole,
    guests: Guests,
    phrases: Phrases,
) -> Whole:
    """Let these guests take a turn; return those who were heard."""
    rng, talks = stage.rng, voice[who]
    stage.wait(who, 2, 7)
    silent = who[talks & (rng.uniform(size=len(who)) < chances.SHARE_NO_SPEECH)]
    stage.wait(silent, 8, 8)
    stage.record(silent, "turn_failed", f'{{"turn":{turn},"reason":"no_speech","mode":"voice"}}')
    stage.wait(silent, 2, 5)
    seconds = phrases.words[said] / np.where(talks, WORDS_PER_SECOND, TYPED_WORDS_PER_SECOND)
    stage.pass_by(who, 1000 * seconds * rng.uniform(1, 1.3, len(who)))
    fails = talks & (rng.uniform(size=len(who)) < guests.trouble[who])
    stage.record(who[fails], "turn_failed", f'{{"turn":{turn},"reason":"recogniser_timeout","mode":"voice"}}')
    who, said, seconds, talks = who[~fails], said[~fails], seconds[~fails], talks[~fails]
    spread = np.exp(rng.normal(np.log(chances.RESPONSE_MEDIAN_MS), chances.RESPONSE_SPREAD, len(who)))
    response = spread * guests.slowness[who]
    commit = np.minimum(600.0, response * 0.7)
    stage.pass_by(who, commit)
    language = pl.Series(LANGUAGES).gather(english[who])
    stage.record(
        who,
        "utterance_committed",
        f'{{"turn":{turn},"revision":1,"mode":"',
        pl.Series(("text", "voice")).gather(talks.astype(np.int64)),
        '","language":"',
        language,
        '","transcript":',
        phrases.texts.gather(said),
        ',"confidence":',
        _or_null(rng.uniform(0.72, 0.97, len(who)), talks, decimals=3),
        ',"low_confidence":false,"speech_samples":',
        _numbers(np.where(talks, np.rint(seconds * SAMPLES_PER_SECOND), 0).astype(np.int64)),
        ',"discarded_speculations":',
        _numbers(np.where(talks, rng.uniform(size=len(who)) < 0.25, 0).astype(np.int64)),
        ',"question":',
        phrases.question(language=english[who], turn=turn),
        "}",
    )
    closing = turn >= 3
    _answer(
        stage,
        who,
        turn=turn,
        response=response,
        commit=commit,
        talks=talks,
        closing=closing,
        words=phrases.question(language=english[who], turn=turn + 1, closing=closing),
    )
    return who


def _answer(
    stage: _Stage,
    who: Whole,
    *,
    turn: int,
    response: Floats,
    commit: Floats,
    talks: Truths,
    closing: bool,
    words: pl.Series,
) -> None:
    heard = np.minimum(response * 0.6, commit)
    marks: Mapping[str, Floats | None] = {
        "soft_end": np.minimum(chances.SOFT_END_MS, heard),
        "recognition_start": np.minimum(np.minimum(chances.SOFT_END_MS, heard) + chances.TO_RECOGNITION_MS, heard),
        "recognition_taken": None,
        "recognition_end": heard,
        "commit": commit,
        "responder_start": commit,
        "first_token": response * 0.93,
        "sent": response * 0.95,
    }
    pieces: list[str | pl.Series] = []
    for place, (name, values) in enumerate(marks.items()):
        pieces.append(f'{"," if place else ""}"{name}":')
        pieces.append("null" if values is None else _or_null(values, talks, decimals=1))
    stage.pass_by(who, np.maximum(1, response - commit))
    stage.record(
        who,
        "reply_sent",
        f'{{"turn":{turn},"text":',
        words,
        f',"author":"scripted","purpose":"{"thanks" if closing else "follow_up"}","marks":{{',
        *pieces,
        '},"speech_end_page_ms":null}',
    )
    stage.pass_by(who, np.full(len(who), 20.0))
    stage.record(who, "reply_shown", f'{{"turn":{turn},"response_ms":', _or_null(response, talks, decimals=1), "}")


def _leave(stage: _Stage, who: Whole, *, declines: float = 0.0) -> None:
    stage.wait(who, 1, 15)
    declined = stage.rng.uniform(size=len(who)) < declines
    no = f'{{"granted":false,"version":"{CONSENT_VERSION}","scope":[],"device_token_hash":null}}'
    stage.record(who[declined], "consent_decided", no)
    stage.record(who[declined], "session_abandoned", '{"reason":"declined"}')
    closes = who[~declined & (stage.rng.uniform(size=len(who)) < chances.SHARE_CLOSED)]
    stage.record(closes, "session_abandoned", '{"reason":"closed"}')


def _numbers(values: Whole) -> pl.Series:
    return pl.Series(values).cast(pl.String)


def _or_null(values: Floats, there: Truths, *, decimals: int) -> pl.Series:
    numbers = pl.Series(np.where(there, values, np.nan)).fill_nan(None).round(decimals)
    return numbers.cast(pl.String).fill_null("null")
