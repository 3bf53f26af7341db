"""One turn of many visits at once: the guests speak or type, and the interviewer answers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from proving.simulator import chances
from proving.simulator.many_guests import Guests
from proving.simulator.phrases import LANGUAGES, Phrases
from proving.simulator.visit import SAMPLES_PER_SECOND, TYPED_WORDS_PER_SECOND, WORDS_PER_SECOND
from proving.simulator.visit_recorder import Floats, Truths, VisitRecorder, Whole, number_or_null, number_texts


def take_turns(
    recorder: VisitRecorder,
    who: Whole,
    *,
    turn: int,
    said: Whole,
    voice: Truths,
    english: Whole,
    guests: Guests,
    phrases: Phrases,
) -> Whole:
    """Record a turn of these guests; return those whose words were recognised."""
    rng, talks = recorder.rng, voice[who]
    recorder.wait(who, 2, 7)
    silent = who[talks & (rng.uniform(size=len(who)) < chances.SHARE_NO_SPEECH)]
    recorder.wait(silent, 8, 8)
    recorder.record(silent, "turn_failed", f'{{"turn":{turn},"reason":"no_speech","mode":"voice"}}')
    recorder.wait(silent, 2, 5)
    seconds = phrases.words[said] / np.where(talks, WORDS_PER_SECOND, TYPED_WORDS_PER_SECOND)
    recorder.advance(who, 1000 * seconds * rng.uniform(1, 1.3, len(who)))
    fails = talks & (rng.uniform(size=len(who)) < guests.trouble[who])
    recorder.record(who[fails], "turn_failed", f'{{"turn":{turn},"reason":"recogniser_timeout","mode":"voice"}}')
    who, said, seconds, talks = who[~fails], said[~fails], seconds[~fails], talks[~fails]
    spread = np.exp(rng.normal(np.log(chances.RESPONSE_MEDIAN_MS), chances.RESPONSE_SPREAD, len(who)))
    response = spread * guests.slowness[who]
    commit = np.minimum(600.0, response * 0.7)
    recorder.advance(who, commit)
    language = pl.Series(LANGUAGES).gather(english[who])
    recorder.record(
        who,
        "utterance_committed",
        f'{{"turn":{turn},"revision":1,"mode":"',
        pl.Series(("text", "voice")).gather(talks.astype(np.int64)),
        '","language":"',
        language,
        '","transcript":',
        phrases.texts.gather(said),
        ',"confidence":',
        number_or_null(rng.uniform(0.72, 0.97, len(who)), talks, decimals=3),
        ',"low_confidence":false,"speech_samples":',
        number_texts(np.where(talks, np.rint(seconds * SAMPLES_PER_SECOND), 0).astype(np.int64)),
        ',"discarded_speculations":',
        number_texts(np.where(talks, rng.uniform(size=len(who)) < 0.25, 0).astype(np.int64)),
        ',"question":',
        phrases.question(language=english[who], turn=turn),
        "}",
    )
    closing = turn >= 3
    _answer(
        recorder,
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
    recorder: VisitRecorder,
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
        pieces.append("null" if values is None else number_or_null(values, talks, decimals=1))
    recorder.advance(who, np.maximum(1, response - commit))
    recorder.record(
        who,
        "reply_sent",
        f'{{"turn":{turn},"text":',
        words,
        f',"author":"scripted","purpose":"{"thanks" if closing else "follow_up"}","marks":{{',
        *pieces,
        '},"speech_end_page_ms":null}',
    )
    recorder.advance(who, np.full(len(who), 20.0))
    recorder.record(
        who,
        "reply_shown",
        f'{{"turn":{turn},"response_ms":',
        number_or_null(response, talks, decimals=1),
        ',"implausible":false}',
    )
