"""What simulated guests say: whole sentences, and seldom what another one said."""

from __future__ import annotations

import random
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pilot.cafes import Language, parse_cafes
from pilot.lake_tables.tables import FINGERPRINTS
from pipelines.scoring import SessionText, score_many
from pipelines.shapes import schema
from pipelines.signals.duplicates import HISTORY_DAYS, copies
from pipelines.signals.fingerprints import hash_texts
from proving.simulator.speech import DEPTHS, Depth, said, urgent, urgent_texts

CAFES = parse_cafes((Path(__file__).parents[3] / "cafes.toml").read_text(encoding="utf-8"), source="cafes.toml")
DAY = date(2026, 11, 23)
GUESTS_A_DAY = 80
MOST_HELD = 0.08  # a grammar repeats itself more than people do


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_guest_says_whole_sentences_without_placeholders(language: Language) -> None:
    rng = random.Random(1)
    for _ in range(400):
        depth: Depth = rng.choice(DEPTHS)
        for text in said(rng, cafe=rng.choice(CAFES.cafe), language=language, depth=depth, turns=3):
            assert re.fullmatch(r"[^\[\]|{}]+[.?!]", text), text


def test_honest_guests_of_two_weeks_are_rarely_classified_as_copies() -> None:
    rng = random.Random(2)
    texts, days = [], []
    for back in range(HISTORY_DAYS, -1, -1):
        for _ in range(GUESTS_A_DAY * len(CAFES.cafe)):
            language: Language = "sv" if rng.random() < 0.8 else "en"
            depth = rng.choices(DEPTHS, weights=(0.28, 0.24, 0.33, 0.15))[0]
            story = said(rng, cafe=rng.choice(CAFES.cafe), language=language, depth=depth, turns=rng.choice([2, 3]))
            texts.append(" ".join(story))
            days.append(DAY - timedelta(days=back))
    rows = pl.DataFrame({"day": days, "n": range(len(days))}).select(
        "day",
        session_id=pl.col("n").cast(pl.String).str.zfill(9),
        cafe=pl.lit("aurora"),
        simulated=pl.lit(value=True),
        completed_at=pl.lit(datetime(2026, 11, 1, tzinfo=UTC)) + pl.duration(seconds=pl.col("n")),
    )
    frame = pl.concat([rows, hash_texts(pl.Series(texts), key=b"a test's key")], how="horizontal")
    frame = frame.select([pl.col(name).cast(kind) for name, kind in schema(FINGERPRINTS).items()])
    today, earlier = frame.filter(pl.col("day") == DAY), frame.filter(pl.col("day") < DAY)
    scores = score_many([SessionText([text], "sv", None) for text, day in zip(texts, days, strict=True) if day == DAY])
    paid = pl.Series([name for name, score in zip(today["session_id"], scores, strict=True) if score.eligible])
    held = {found.session_id for found in copies(DAY, today=today, earlier=earlier, eligible=paid)}
    assert len(held) < MOST_HELD * today.height


def urgent_flags(texts: list[list[str]], *, language: Language) -> list[set[str]]:
    scores = score_many([SessionText(turns, language, None) for turns in texts])
    return [{flag for flag in one.flags if flag.startswith("urgent_")} for one in scores]


@pytest.mark.parametrize("language", ["sv", "en"])
def test_each_urgent_text_is_flagged_so_by_the_products_own_reading(language: Language) -> None:
    rng = random.Random(3)
    expected, texts = [], []
    for flag, wordings in urgent_texts(language).items():
        for wording in wordings:
            before = said(rng, cafe=CAFES.cafe[0], language=language, depth="useful", turns=2)
            texts.append([wording, before[1]])
            expected.append({flag})
    assert urgent_flags(texts, language=language) == expected
    assert urgent(rng, language=language) in {text for group in urgent_texts(language).values() for text in group}


@pytest.mark.parametrize("language", ["sv", "en"])
def test_no_other_words_of_simulated_guests_are_urgent(language: Language) -> None:
    rng = random.Random(4)
    texts = [
        list(said(rng, cafe=rng.choice(CAFES.cafe), language=language, depth=rng.choice(DEPTHS), turns=3))
        for _ in range(1_500)
    ]
    assert [turns for turns, flags in zip(texts, urgent_flags(texts, language=language), strict=True) if flags] == []
