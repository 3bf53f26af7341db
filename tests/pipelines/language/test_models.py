"""What numpy evaluates is what scikit-learn fitted."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor

from pipelines.language.clauses import words
from pipelines.language.fitting.forest import SEED, fitted_trees
from pipelines.language.fitting.linear import fitted, matrix
from pipelines.language.grams import Vocabulary
from pipelines.language.heads import HeadReader, Heads
from pipelines.language.pooling import Layout, clause_rows, session_rows, together

SAID = [
    "kaffet var kallt",
    "kaffet var gott och varmt",
    "the coffee was cold",
    "kön var lång klockan åtta",
    "kön var kort",
    "the queue was long at eight",
    "personalen var trevlig",
    "kaffet kaffet kaffet var kallt",
]


@pytest.fixture(scope="module")
def heads() -> Heads:
    texts = [words(text) for text in SAID]
    vocabulary = Vocabulary.of(texts)
    targets = np.array([[float("kall" in text or "cold" in text), float(len(text))] for text in SAID])
    return Heads(("cold", "length"), vocabulary, *fitted(matrix(vocabulary, [[text] for text in texts]), targets))


def test_a_reader_gives_what_the_features_times_the_weights_give(heads: Heads):
    unseen = [*SAID, "helt okänt ord", "kaffet var", ""]
    texts = [words(text) for text in unseen]
    reader = HeadReader(heads)
    expected = matrix(heads.vocabulary, [[text] for text in texts]) @ heads.weights + heads.intercepts
    assert np.allclose(reader.values(reader.sums(texts)), expected, atol=1e-4)


def test_one_text_alone_has_the_values_that_it_has_among_others(heads: Heads):
    texts = [words(text) for text in SAID]
    every = HeadReader(heads)
    together_read = every.values(every.sums(texts))
    for place, text in enumerate(texts):
        alone = HeadReader(heads)
        assert np.allclose(alone.values(alone.sums([text]))[0], together_read[place], atol=1e-5)


def test_joined_clauses_have_the_values_of_one_text_without_pairs_across(heads: Heads):
    parts = [words("kaffet var kallt"), words("kön var lång")]
    reader = HeadReader(heads)
    joined = reader.values(reader.sums(parts).joined(np.array([0])))
    assert np.allclose(joined, matrix(heads.vocabulary, [parts]) @ heads.weights + heads.intercepts, atol=1e-4)


def test_trees_predict_what_scikit_learn_predicts():
    chance = np.random.default_rng(1)
    rows = chance.normal(size=(300, 5)).astype(np.float32)
    targets = rows[:, 0] * 3 + rows[:, 1] ** 2
    settings = {"min_samples_leaf": 4, "max_leaf_nodes": 30, "max_features": 0.5, "random_state": SEED}
    expected = ExtraTreesRegressor(20, **settings).fit(rows, targets)
    ours = fitted_trees(rows, targets, trees=20, least_rows=4, most_leaves=30, share_of_features=0.5)
    assert np.allclose(ours.predict(rows), expected.predict(rows), atol=1e-4)
    assert np.std(ours.predict(rows)) > 1


def test_one_more_clause_never_lowers_what_clauses_earn_together():
    fewer = Layout.of(np.array([2, 1]), np.array([3, 4, 5]))
    more = Layout.of(np.array([3, 1]), np.array([3, 4, 2, 5]))
    before = together(np.array([0.2, 0.5, 0.1], dtype=np.float32), fewer)
    after = together(np.array([0.2, 0.5, 0.0, 0.1], dtype=np.float32), more)
    assert after.tolist() == before.tolist()
    assert np.allclose(before, [0.6, 0.1])


def test_a_clause_sees_its_neighbours_of_the_same_session_only():
    layout = Layout.of(np.array([2, 0, 1]), np.array([3, 4, 5]))
    rows = clause_rows(np.array([[1.0], [2.0], [3.0]], dtype=np.float32), layout)
    assert rows.tolist() == [[1, 0, 2, 0, 2, 3], [2, 1, 0, 1, 2, 4], [3, 0, 0, 0, 1, 5]]
    assert layout.sessions.tolist() == [0, 2]


def test_a_sessions_row_begins_with_its_most_useful_clauses():
    layout = Layout.of(np.array([4, 1]), np.ones(5, dtype=np.int64))
    useful = np.array([0.1, 0.5, 0.3, 0.2, 0.4], dtype=np.float32)
    rows = session_rows(np.zeros((5, 1), dtype=np.float32), useful, np.zeros((2, 1), dtype=np.float32), layout)
    assert np.allclose(rows[:, :3], [[0.5, 0.3, 0.2], [0.4, 0, 0]])
