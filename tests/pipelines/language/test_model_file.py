"""The model that ships: it loads from one file without code, and reads what guests say."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from pipelines.language.fitting import corpus
from pipelines.language.labels import ACTS, TARGETS
from pipelines.language.measures import Measurer
from pipelines.language.model import FILE, ModelUnreadable, named, packed, shipped, unpacked
from pipelines.language.plain_dangers import names_danger
from pipelines.language.reader import read

MOST_BYTES = 15_000_000


def test_the_model_that_ships_is_small_and_complete():
    model = shipped()
    assert FILE.stat().st_size < MOST_BYTES
    assert model.heads.weights.shape == (len(model.heads.vocabulary.weight), len(TARGETS))
    assert 0 < model.danger_from < 1
    assert model.acts.weights.shape[1] == len(ACTS)


def test_a_packed_model_measures_the_same():
    said = [["Kaffet var kallt och kön lång.", "Sätt en till i kassan."], [""], ["Lovely buns!"]]
    one, other = (Measurer(model).measure(said) for model in (shipped(), unpacked(packed(shipped()))))
    assert one.quality.tolist() == other.quality.tolist()
    assert np.array_equal(one.acts, other.acts)
    assert np.array_equal(one.danger, other.danger)


def test_a_sessions_measures_do_not_depend_on_the_sessions_beside_it(monkeypatch: pytest.MonkeyPatch):
    rows = [row["turns"] for author in corpus.authors("sessions") for row in corpus.rows("sessions", author)][:400]
    sessions = [[*one, *other] for one, other in zip(rows[:200], rows[200:], strict=True)]
    sessions[3:3] = [[], [""]]
    measurer = Measurer(shipped())
    whole = measurer.measure(sessions)
    assert len(whole.usefulness) > 1_000  # so that blocks and parts are made
    monkeypatch.setattr("pipelines.language.measures.PART_CLAUSES", 300)
    in_parts = measurer.measure(sessions)
    alone = [measurer.measure([turns]) for turns in sessions]
    for name in ("quality", "unusable", "danger", "usefulness", "polarity", "claims", "acts", "details", "praised"):
        assert np.array_equal(getattr(in_parts, name), getattr(whole, name)), name
        assert np.array_equal(np.concatenate([getattr(one, name) for one in alone]), getattr(whole, name)), name
    for name in ("theme_session", "theme", "theme_clause", "blamed"):
        assert np.array_equal(getattr(in_parts, name), getattr(whole, name)), name
    assert np.array_equal(in_parts.values.clauses, whole.values.clauses)
    assert list(in_parts.cut.clauses) == list(whole.cut.clauses)


@pytest.mark.parametrize("content", [b"", b"no model", b"PK\x03\x04 and then nothing"])
def test_content_that_is_no_model_is_refused(content: bytes):
    with pytest.raises(ModelUnreadable, match="no language model"):
        unpacked(content)


def test_reading_needs_numpy_at_most():
    program = (
        "import sys; from pipelines.language.reader import read; read(['Kaffet var kallt.']); "
        "print([name for name in ('scipy', 'sklearn', 'polars', 'pandas') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_silence_is_read_as_nothing_said():
    reading = read(["", "  ... "])
    assert [turn.act for turn in reading.turns] == ["nothing_to_say", "nothing_to_say"]
    assert reading.quality == 0
    assert reading.claims == ()
    assert read([]).turns == ()


def test_a_reading_points_into_its_turns():
    turns = ["Kaffet var kallt. Personalen var jättetrevlig!", "The queue was far too long at noon."]
    reading = read(turns)
    said = [turns[clause.turn][clause.start : clause.end] for clause in reading.clauses]
    assert said[-1] == "The queue was far too long at noon"
    assert all(text.strip() == text and text for text in said)
    for claim in reading.claims:
        assert turns[claim.turn][claim.start : claim.end] in said
    assert abs(sum(reading.turns[0].acts.values()) - 1) < 1e-5


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Min son kan inte andas", "breathing"),
        ("Det är nån med kniv här inne", "violence"),
        ("fullt av rök i köket och det luktar bränt", "fire_or_gas"),
        ("my throat feels tight and I've got hives all over my arms", "allergy"),
    ],
)
def test_a_danger_is_read_with_its_kind(said: str, kind: str):
    danger = read([said]).turns[0].danger
    assert danger is not None
    assert (danger.kind, danger.when) == (kind, "now")


@pytest.mark.parametrize(
    "said",
    [
        "Det slog mig att bullen var dödsgod",
        "The buns are fire",
        "I fell in love with the cardamom bun",
        "Jag slog mig ner vid fönstret, det var kallt.",
        "Ingen skada skedd, men kaffet var kallt.",
    ],
)
def test_what_only_sounds_like_danger_is_none(said: str):
    assert read([said]).turns[0].danger is None


@pytest.mark.parametrize(
    ("said", "act"),
    [
        ("Jag gillade inte kaffet", "complaint"),
        ("The staff couldn't have been nicer", "praise"),
        ("Are you a robot?", "asks_if_ai"),
        ("Pratar jag med en människa eller en AI?", "asks_if_ai"),
        ("Vet inte.", "nothing_to_say"),
        ("Vilka tider har ni öppet på söndagar?", "question"),
    ],
)
def test_an_act_is_understood(said: str, act: str):
    assert read([said]).turns[0].act == act


@pytest.mark.parametrize(
    "said",
    [
        "Jag är allergisk mot nötter och fick en allergisk reaktion, det stod inget om nötter på skylten.",
        "En gäst var hotfull mot personalen.",
        "En man hotade tjejen i kassan.",
    ],
)
def test_a_word_that_names_a_danger_needs_less_likelihood(said: str):
    assert names_danger([said]).all()
    assert read([said]).turns[0].danger is not None


def test_a_word_that_names_a_danger_is_not_enough():
    said = "Hon hotade med att äta upp min bulle, så gott var det"
    assert names_danger([said]).all()
    assert read([said]).turns[0].danger is None


def test_a_version_follows_from_the_content() -> None:
    own = shipped()
    assert named(own).version == own.version
    assert named(replace(own, danger_from=own.danger_from + 0.01)).version != own.version
