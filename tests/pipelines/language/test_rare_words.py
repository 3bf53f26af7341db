"""A fitted model holds a guest's word only if the corpus or enough other guests have it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipelines.language.fitting.rare_words import FEWEST_SESSIONS, shared_features, without_rare_words
from pipelines.language.grams import Vocabulary
from pipelines.language.heads import Heads
from pipelines.language.labels import TARGETS
from pipelines.language.measures import Measurer
from pipelines.language.model import packed, shipped, unpacked

KNOWN = ["Kaffet var kallt och kön lång."]
NAMED = ["Qvixlander serverade oss snabbt."]


def test_only_words_of_enough_sessions_are_shared():
    often = [["semla", "Semla, semla"]] * FEWEST_SESSIONS
    rarely = [["Zlatko"]] * (FEWEST_SESSIONS - 1)
    shared = shared_features([*often, *rarely])
    assert {"w semla", "p semla semla", "c <sem"} <= shared
    assert not any("zlat" in name for name in shared)


def test_rare_words_leave_the_models_file_and_other_readings_as_they_were():
    own = shipped().heads
    names = [*own.vocabulary.index, "w qvixlander", "c <qvix"]
    grown = Heads(
        Vocabulary({name: place for place, name in enumerate(names)}, [*own.vocabulary.weight, 1.0, 1.0]),
        np.concatenate([own.weights, np.ones((2, len(TARGETS)), dtype=np.int8)]),
        own.step,
        own.intercepts,
    )
    assert len(names) == len(set(names))
    model = replace(shipped(), heads=grown)
    cut = unpacked(packed(without_rare_words(model, known=own.vocabulary.index)))
    assert "w qvixlander" in model.heads.vocabulary.index
    assert cut.heads.vocabulary.index == own.vocabulary.index
    before, after, with_name = (
        Measurer(each).measure([KNOWN, NAMED]).values.sessions for each in (shipped(), cut, model)
    )
    assert np.array_equal(after, before)
    assert np.array_equal(with_name[0], before[0])
    assert not np.array_equal(with_name[1], before[1])
