"""The visits of a large day, all guests step by step at once, as columns.

The steps are those of `proving.simulator.visit`, which makes a Python object for every event, 14 million for a million
sessions. Here every step is a few array operations over all guests.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pilot.events import CONSENT_VERSION, SCHEMA_VERSION
from proving.simulator import chances
from proving.simulator.identifier_columns import hash_column, letters_column, uuid7_column
from proving.simulator.many_guests import Guests, Habits
from proving.simulator.many_turns import take_turns
from proving.simulator.phrases import LANGUAGES, Phrases
from proving.simulator.visit import BROWSERS, EDGE, REFERENCE_ALPHABET
from proving.simulator.visit_recorder import Truths, VisitRecorder, Whole, number_texts

GIVES_UP = ("consent", "microphone", "turn", "review")
GIVES_UP_CHANCES = (0.2, 0.2, 0.4, 0.2)
CODE = "BCDFGH"  # The code on every simulated café's table.
MOST_DEPTH = 3  # A ring's story is excellent feedback
RING_TURNS = 3  # in three turns.


def visits(
    rng: np.random.Generator, *, guests: Guests, ids: pl.Series, phrases: Phrases, habits: Habits, segment: str
) -> pl.DataFrame:
    """Return the events of these guests' visits, unordered: columns of RAW_EVENTS without `day`."""
    recorder = VisitRecorder(rng, guests.opened.copy(), np.zeros(len(guests.opened), dtype=np.int64))
    english = (rng.uniform(size=len(guests.opened)) < guests.english).astype(np.int64)
    language = pl.Series(LANGUAGES).gather(english)
    everybody = np.arange(len(english))
    storyteller = np.where(guests.ring < 0, everybody, guests.ring)
    english = english[storyteller]
    language = language.gather(storyteller)
    device = hash_column(rng, count=len(english), octets=16).gather(storyteller)
    recorder.record(
        everybody, "page_opened", f'{{"code":"{CODE}","language":"', language, '","device_hash":"', device, '"}'
    )
    _record_visits(
        recorder, guests=guests, english=english, language=language, device=device, phrases=phrases, habits=habits
    )
    sessions = uuid7_column(rng, millis=guests.opened)
    events = pl.concat(recorder.parts)
    return events.select(
        event_id=uuid7_column(rng, millis=events.get_column("millis").to_numpy()),
        event="event",
        at=pl.from_epoch("millis", time_unit="ms").dt.cast_time_unit("us").dt.replace_time_zone("UTC"),
        session_id=sessions.gather(events.get_column("guest")),
        cafe=ids.gather(guests.cafe[events.get_column("guest").to_numpy()]),
        edge=pl.lit(EDGE),
        epoch=pl.lit(1, pl.Int64),
        seq="seq",
        simulated=pl.lit(value=True),
        schema_version=pl.lit(SCHEMA_VERSION, pl.Int64),
        data="data",
        segment=pl.lit(segment),
    )


def _record_visits(
    recorder: VisitRecorder,
    *,
    guests: Guests,
    english: Whole,
    language: pl.Series,
    device: pl.Series,
    phrases: Phrases,
    habits: Habits,
) -> None:
    rng, honest = recorder.rng, guests.ring < 0
    who = np.flatnonzero((rng.uniform(size=len(english)) < habits.started) | ~honest)
    recorder.wait(who, 3, 20)
    voice = (rng.uniform(size=len(english)) < chances.SHARE_VOICE) & honest
    _start(recorder, who, voice=voice, language=language, device=device)
    stays = (rng.uniform(size=len(english)) < guests.completion) | ~honest
    reason = np.where(stays, -1, rng.choice(len(GIVES_UP), p=GIVES_UP_CHANCES, size=len(english)))
    recorder.wait(who, 2, 10)
    _leave(recorder, who[reason[who] == 0], declines=0.5)
    who = who[reason[who] != 0]
    consent = f'{{"granted":true,"version":"{CONSENT_VERSION}","scope":["transcript"],"device_token_hash":null}}'
    recorder.record(who, "consent_decided", consent)
    talking = who[voice[who]]
    recorder.wait(talking, 1, 6)
    refused = (reason == 1) | (rng.uniform(size=len(english)) > chances.SHARE_MICROPHONE)
    answer = pl.Series(("granted", "denied")).gather(refused[talking].astype(np.int64))
    recorder.record(talking, "microphone_result", '{"result":"', answer, '","sample_rate":48000}')
    _leave(recorder, talking[reason[talking] == 1])
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
    opening = said.copy()  # What each guest said first, since edits change the first turn.
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
        recognised = take_turns(
            recorder,
            speaking,
            turn=turn,
            said=said[speaking],
            voice=voice,
            english=english,
            guests=guests,
            phrases=phrases,
        )
        heard[recognised] += 1
        if turn == 1:
            opening = said.copy()
            heard_first[recognised] = True
    _leave(recorder, who[(reason[who] >= 1) | (heard[who] == 0)])
    who = who[(reason[who] < 0) & (heard[who] > 0)]
    recorder.wait(who, 3, 20)
    edits = who[(rng.uniform(size=len(who)) < chances.SHARE_EDITED) & heard_first[who] & honest[who]]
    if len(edits):
        mended = phrases.texts.gather(opening[edits]).str.strip_suffix('"').str.strip_chars_end(".")
        recorder.record(edits, "utterance_edited", '{"turn":1,"transcript":', mended, '!"}')
    references = letters_column(rng, count=len(who), length=6, alphabet=REFERENCE_ALPHABET)
    recorder.record(
        who,
        "session_completed",
        '{"turns":',
        number_texts(heard[who]),
        ',"language":"',
        language.gather(who),
        '","receipt_hash":"',
        hash_column(rng, count=len(who), octets=32),
        '","reference":"',
        references,
        '","preliminary_score":null,"preliminary_eligible":null,"rubric_version":""}',
    )


def _start(recorder: VisitRecorder, who: Whole, *, voice: Truths, language: pl.Series, device: pl.Series) -> None:
    clients = pl.Series(
        f'{{"browser":"{browser}","os":"{system}","os_major":"{major}","in_app":{inside}}}'
        for inside in ("false", "true")
        for browser, system, major in BROWSERS
    )
    inside = recorder.rng.uniform(size=len(who)) < chances.SHARE_IN_APP
    client = recorder.rng.integers(0, len(BROWSERS), size=len(who)) + len(BROWSERS) * inside
    recorder.record(
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
        f'","code":"{CODE}","network_hash":""}}',
    )


def _leave(recorder: VisitRecorder, who: Whole, *, declines: float = 0.0) -> None:
    recorder.wait(who, 1, 15)
    declined = recorder.rng.uniform(size=len(who)) < declines
    no = f'{{"granted":false,"version":"{CONSENT_VERSION}","scope":[],"device_token_hash":null}}'
    recorder.record(who[declined], "consent_decided", no)
    recorder.record(who[declined], "session_abandoned", '{"reason":"declined"}')
    closes = who[~declined & (recorder.rng.uniform(size=len(who)) < chances.SHARE_CLOSED)]
    recorder.record(closes, "session_abandoned", '{"reason":"closed"}')
