"""What numpy evaluates is what scikit-learn fitted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge

from pipelines.language.fitting.boosting import LEARNING_RATE, MOST_LEAVES, SEED, boosted
from pipelines.language.fitting.boosting import PENALTY as TREE_PENALTY
from pipelines.language.fitting.linear import PENALTY, fitted, matrix
from pipelines.language.grams import Vocabulary
from pipelines.language.heads import HeadReader, Heads
from pipelines.language.pooling import Layout, rising, session_rows, together, turn_rows
from pipelines.language.themes import claim_rows
from pipelines.language.tokens import Texts, words
from pipelines.language.trees import BLOCK_ROWS, DEPTH, FEW_ROWS, Trees

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


TEXTS = [words(text) for text in SAID]
TARGETS = np.array([[float("kall" in text or "cold" in text), float(len(text))] for text in SAID])


@pytest.fixture(scope="module")
def heads() -> Heads:
    vocabulary = Vocabulary.of(TEXTS)
    return Heads.rounded(vocabulary, *fitted(matrix(vocabulary, [[text] for text in TEXTS]), TARGETS))


def test_the_linear_models_are_the_ridge_of_scikit_learn():
    vocabulary = Vocabulary.of(TEXTS)
    rows = matrix(vocabulary, [[text] for text in TEXTS])
    weights = np.array([1.0, 2.0, 1.0, 0.5, 1.0, 1.0, 3.0, 1.0])
    expected = Ridge(alpha=PENALTY, solver="sparse_cg", tol=1e-6).fit(rows, TARGETS, sample_weight=weights)
    ours, intercepts = fitted(rows, TARGETS, weights=weights)
    assert np.allclose(rows @ ours + intercepts, expected.predict(rows), rtol=0.01, atol=0.01)


def exact(heads: Heads) -> np.ndarray:
    return heads.weights * heads.step


def test_rounded_weights_differ_by_half_a_step_at_most():
    weights = np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32)
    heads = Heads.rounded(Vocabulary({}, []), weights, np.zeros(3, dtype=np.float32))
    assert (np.abs(heads.weights * heads.step - weights) <= heads.step * 0.501).all()


def test_a_reader_that_forgets_gives_the_same(heads: Heads, monkeypatch: pytest.MonkeyPatch):
    reader = HeadReader(heads)
    before = reader.values(reader.sums(Texts.of(TEXTS)))
    monkeypatch.setattr("pipelines.language.heads.REMEMBERED_TOKENS", 1)
    assert np.allclose(reader.values(reader.sums(Texts.of(TEXTS))), before, atol=1e-6)


def test_a_reader_gives_what_the_features_times_the_weights_give(heads: Heads):
    unseen = [*SAID, "helt okänt ord", "kaffet var", ""]
    texts = [words(text) for text in unseen]
    reader = HeadReader(heads)
    expected = matrix(heads.vocabulary, [[text] for text in texts]) @ exact(heads) + heads.intercepts
    assert np.allclose(reader.values(reader.sums(Texts.of(texts))), expected, atol=1e-4)


def test_one_text_alone_has_the_values_that_it_has_among_others(heads: Heads):
    texts = [words(text) for text in SAID]
    every = HeadReader(heads)
    together_read = every.values(every.sums(Texts.of(texts)))
    for place, text in enumerate(texts):
        alone = HeadReader(heads)
        assert np.array_equal(alone.values(alone.sums(Texts.of([text])))[0], together_read[place])


def test_the_memory_of_tokens_is_changed_by_one_thread_at_a_time(heads: Heads, monkeypatch: pytest.MonkeyPatch):
    waiting, entered = Event(), Event()
    read_new = HeadReader._read_new

    def slow(reader: HeadReader, numbers: np.ndarray) -> None:
        if not entered.is_set():
            entered.set()
            assert not waiting.wait(0.2), "another thread changed the memory meanwhile"
        else:
            waiting.set()
        read_new(reader, numbers)

    monkeypatch.setattr(HeadReader, "_read_new", slow)
    reader = HeadReader(heads)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(reader.sums, Texts.of([["kallt"]]))
        assert entered.wait(10)
        second = pool.submit(reader.sums, Texts.of([["varmt"]]))
        first.result(10)
        second.result(10)
    assert waiting.is_set()


def test_joined_clauses_have_the_values_of_one_text_without_pairs_across(heads: Heads):
    parts = [words("kaffet var kallt"), words("kön var lång")]
    reader = HeadReader(heads)
    joined = reader.values(reader.sums(Texts.of(parts)).joined(np.array([2])))
    assert np.allclose(joined, matrix(heads.vocabulary, [parts]) @ exact(heads) + heads.intercepts, atol=1e-4)


@pytest.mark.parametrize("count", [1, FEW_ROWS, FEW_ROWS + 50])
def test_trees_predict_what_scikit_learn_predicts(count: int):
    chance = np.random.default_rng(1)
    rows = chance.normal(size=(400, 5)).astype(np.float32)
    targets = rows[:, 0].astype(np.float64) * 3 + rows[:, 1] ** 2
    expected = HistGradientBoostingRegressor(
        max_iter=40,
        learning_rate=LEARNING_RATE,
        max_leaf_nodes=MOST_LEAVES,
        max_depth=DEPTH,
        l2_regularization=TREE_PENALTY,
        max_features=0.2,
        early_stopping=False,
        random_state=SEED,
    ).fit(rows, targets)
    ours = boosted(rows, targets, trees=40).predict(rows[:count])
    assert np.allclose(ours, expected.predict(rows[:count]), atol=1e-4)
    assert count == 1 or np.std(ours) > 0.5


def test_trees_say_the_same_of_a_row_whatever_rows_it_is_among():
    chance = np.random.default_rng(3)
    size, trees, features = BLOCK_ROWS + 500, 21, 6
    feature = chance.integers(0, features, size=(trees, 2**DEPTH - 1)).astype(np.int16)
    threshold = chance.normal(size=feature.shape).astype(np.float32)
    threshold[chance.random(threshold.shape) < 0.3] = np.inf
    value = (chance.normal(size=(trees, 2**DEPTH)) * 10 ** chance.uniform(-6, 2, size=(trees, 1))).astype(np.float32)
    model = Trees(feature, threshold, value, start=0.3)
    rows = chance.normal(size=(size, features)).astype(np.float32)
    rows[:99] = threshold[0, 0]  # equal to a threshold: not above it
    many = model.predict(rows)
    few = [model.predict(rows[begin : begin + FEW_ROWS]) for begin in range(0, size, FEW_ROWS)]
    assert np.array_equal(np.concatenate(few), many)
    assert np.array_equal(model.predict(np.asfortranarray(rows)), many)
    row = rows[-1]
    expected = 0.3
    for tree in range(trees):
        node = 0
        while node < len(feature[tree]):
            node = 2 * node + 1 + int(row[feature[tree, node]] > threshold[tree, node])
        expected += float(value[tree, node - len(feature[tree])])
    assert abs(many[-1] - expected) < 1e-4
    assert np.std(many) > 1


def test_a_rising_column_never_lowers_a_prediction():
    chance = np.random.default_rng(2)
    rows = chance.normal(size=(400, 2)).astype(np.float32)
    targets = rows[:, 0].astype(np.float64) + chance.normal(size=400)
    trees = boosted(rows, targets, rising=np.array([1, 0], dtype=np.int8))
    steps = np.stack([np.linspace(-2, 2, 100), np.zeros(100)], axis=1).astype(np.float32)
    assert (np.diff(trees.predict(steps)) >= -1e-6).all()
    assert np.ptp(trees.predict(steps)) > 1


def test_one_more_clause_never_lowers_what_clauses_earn_together():
    fewer = Layout.of(np.array([2, 1]), np.array([3, 4, 5]))
    more = Layout.of(np.array([3, 1]), np.array([3, 4, 2, 5]))
    before = together(np.array([0.2, 0.5, 0.1], dtype=np.float32), fewer)
    after = together(np.array([0.2, 0.5, 0.0, 0.1], dtype=np.float32), more)
    assert after.tolist() == before.tolist()
    assert np.allclose(before, [0.6, 0.1])


def test_a_clause_sees_its_neighbours_of_the_same_session_only():
    layout = Layout.of(np.array([2, 0, 1]), np.array([3, 4, 5]))
    values, whole = np.array([[1.0], [2.0], [3.0]], dtype=np.float32), np.array([[7.0], [8.0]], dtype=np.float32)
    rows = claim_rows(values, whole, layout, slice(0, 1))
    assert rows.tolist() == [[1, 0, 2, 0, 2, 3, 7], [2, 1, 0, 1, 2, 4, 7], [3, 0, 0, 0, 1, 5, 8]]
    assert layout.sessions.tolist() == [0, 2]


def test_a_turns_row_holds_its_highest_values_their_sums_and_its_size():
    layout = Layout.of(np.array([2, 0, 1]), np.array([3, 4, 5]))
    values = np.array([[0.5, -1.0], [0.25, 2.0], [-0.5, 0.75]], dtype=np.float32)
    rows = turn_rows(np.array([[9.0], [8.0]], dtype=np.float32).repeat(2, axis=1), values, layout)
    assert rows.tolist() == [[9, 9, 0.5, 2, 0.75, 1, 2, 7], [8, 8, -0.5, 0.75, 0, 0.75, 1, 5]]


def test_a_session_holds_sums_weighted_by_usefulness():
    layout = Layout.of(np.array([2]), np.array([3, 4]))
    values = np.array([[0.5], [2.0]], dtype=np.float32)
    rows = session_rows(values, np.array([0.5, 0.25], dtype=np.float32), np.ones((1, 1), dtype=np.float32), layout)
    assert rows[:, 4:].tolist() == [[2, 1.5, 0.5, 1]]


def test_a_sessions_row_begins_with_its_most_useful_clauses():
    layout = Layout.of(np.array([4, 1]), np.ones(5, dtype=np.int64))
    useful = np.array([0.1, 0.5, 0.3, 0.2, 0.4], dtype=np.float32)
    kinds = np.zeros((2, 1), dtype=np.float32)
    rows = session_rows(np.zeros((5, 1), dtype=np.float32), useful, kinds, layout)
    assert rows.shape[1] == len(rising(1, [0], 1))
    assert np.allclose(rows[:, :3], [[0.5, 0.3, 0.2], [0.4, 0, 0]])
