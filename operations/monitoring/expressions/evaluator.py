"""Evaluates expressions of Prometheus' query language on recent samples.

The subset: selectors and ranges, rate, increase, deriv, histogram_quantile, absent, time, vector, sums and other
aggregations, arithmetic, comparisons, and, or, unless. An expression outside it is refused when it is parsed.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import promql_parser as promql

from operations.monitoring.expressions.functions import histogram_quantile, increase, slope
from operations.monitoring.expressions.samples import LOOKBACK_SECONDS, NAME, Labels, Sample, Samples
from pilot.errors import PilotError

Vector = dict[Labels, float]
Value = float | Vector

RANGE_FUNCTIONS = ("rate", "increase", "deriv")
AGGREGATIONS: Mapping[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "max": max,
    "min": min,
    "avg": lambda values: sum(values) / len(values),
    "count": lambda values: float(len(values)),
}
ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda one, other: one / other if other else math.nan if one == 0 or math.isnan(one) else math.inf * one,
}
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
SETS = ("and", "or", "unless")


class UnsupportedExpression(PilotError):
    """An expression cannot be parsed, or uses what this evaluator does not have."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression.

    Attributes:
        text: The expression.
        reads: For each metric that it reads, the seconds that it reads back.
    """

    text: str
    reads: Mapping[str, float]
    _tree: Any

    def __call__(self, samples: Samples, *, at: float) -> Vector:
        """Return the series that it selects at a time, without their names.

        Args:
            samples: The recent samples.
            at: Time in seconds.
        """
        found = _Evaluation(samples, at).value(self._tree)
        return found if isinstance(found, dict) else {frozenset(): found}


def parse(text: str) -> Expression:
    """Return an expression, ready to be evaluated.

    Raises:
        UnsupportedExpression: it is faulty, or outside the subset.
    """
    try:
        tree = promql.parse(text)
    except ValueError as error:
        raise _unsupported(text, str(error)) from None
    reads: dict[str, float] = {}
    for name, seconds in _reads(tree, text):
        reads[name] = max(seconds, reads.get(name, 0.0))
    return Expression(text, reads, tree)


def _unsupported(text: str, what: str) -> UnsupportedExpression:
    return UnsupportedExpression(
        f"The expression {text!r} cannot be evaluated by the watch: {what}.",
        remedy="Write it with the functions that operations/monitoring/expressions/evaluator.py lists.",
    )


def _reads(tree: Any, text: str) -> Iterator[tuple[str, float]]:
    """Yield the metrics that a tree reads, and refuse what cannot be evaluated."""
    if isinstance(tree, promql.VectorSelector):
        if tree.offset or tree.at or not tree.name:
            raise _unsupported(text, "an offset, a fixed time or a selector without a name")
        yield str(tree.name), LOOKBACK_SECONDS
    elif isinstance(tree, promql.MatrixSelector):
        yield str(tree.vector_selector.name), tree.range.total_seconds()
    elif isinstance(tree, promql.Call):
        if tree.func.name not in (*RANGE_FUNCTIONS, "histogram_quantile", "absent", "time", "vector"):
            raise _unsupported(text, f"the function {tree.func.name}")
        for each in tree.args:
            yield from _reads(each, text)
    elif isinstance(tree, promql.AggregateExpr):
        if str(tree.op) not in AGGREGATIONS:
            raise _unsupported(text, f"the aggregation {tree.op}")
        yield from _reads(tree.expr, text)
    elif isinstance(tree, promql.BinaryExpr):
        if str(tree.op) not in {*ARITHMETIC, *COMPARISONS, *SETS}:
            raise _unsupported(text, f"the operator {tree.op}")
        if tree.modifier is not None and (tree.modifier.return_bool or tree.modifier.group_labels):
            raise _unsupported(text, "bool or labels of a group")
        yield from _reads(tree.lhs, text)
        yield from _reads(tree.rhs, text)
    elif isinstance(tree, promql.ParenExpr | promql.UnaryExpr):
        yield from _reads(tree.expr, text)
    elif not isinstance(tree, promql.NumberLiteral):
        raise _unsupported(text, type(tree).__name__)


class _Evaluation:
    """One evaluation at a time."""

    def __init__(self, samples: Samples, at: float) -> None:
        self._samples = samples
        self._at = at

    def value(self, tree: Any) -> Value:
        if isinstance(tree, promql.NumberLiteral):
            return float(tree.val)
        if isinstance(tree, promql.ParenExpr):
            return self.value(tree.expr)
        if isinstance(tree, promql.UnaryExpr):
            return self._binary("*", -1.0, self.value(tree.expr), None)
        if isinstance(tree, promql.VectorSelector):
            return self._current(tree)
        if isinstance(tree, promql.AggregateExpr):
            return self._aggregate(tree)
        if isinstance(tree, promql.Call):
            return self._call(tree)
        assert isinstance(tree, promql.BinaryExpr)
        return self._binary(str(tree.op), self.value(tree.lhs), self.value(tree.rhs), tree.modifier)

    def _current(self, selector: promql.VectorSelector) -> Vector:
        found: Vector = {}
        for labels, series in self._matching(selector):
            latest = next((each for each in reversed(series) if each.at <= self._at), None)
            if latest and latest.at >= self._at - LOOKBACK_SECONDS and not math.isnan(latest.value):
                found[labels] = latest.value
        return found

    def _matching(self, selector: promql.VectorSelector) -> Iterator[tuple[Labels, Sequence[Sample]]]:
        matchers = [(each.name, each.op, each.value) for each in selector.matchers.matchers]
        for labels, series in self._samples.series(str(selector.name)):
            own = dict(labels)
            if all(_matches(own.get(name, ""), op, wanted) for name, op, wanted in matchers):
                yield labels, tuple(series)

    def _range(self, tree: promql.MatrixSelector, function: str) -> Vector:
        seconds = tree.range.total_seconds()
        begins, found = self._at - seconds, {}
        for labels, series in self._matching(tree.vector_selector):
            # Prometheus 3 leaves out a sample at the range's very beginning, Prometheus 2 includes it.
            inside = [each for each in series if begins < each.at <= self._at and not math.isnan(each.value)]
            if function == "deriv":
                value = slope(inside)
            else:
                value = increase(inside, begins=begins, ends=self._at)
                value = value / seconds if value is not None and function == "rate" else value
            if value is not None:
                found[_unnamed(labels)] = value
        return found

    def _call(self, tree: promql.Call) -> Value:
        name, arguments = tree.func.name, list(tree.args)
        if name == "time":
            return self._at
        if name in RANGE_FUNCTIONS:
            return self._range(arguments[0], name)
        if name == "vector":
            value = self.value(arguments[0])
            assert isinstance(value, float)
            return {frozenset(): value}
        if name == "absent":
            return {} if self.value(arguments[0]) else {_equal_labels(arguments[0]): 1.0}
        share, vector = self.value(arguments[0]), self.value(arguments[1])
        assert isinstance(share, float) and isinstance(vector, dict)
        return _quantiles(share, vector)

    def _aggregate(self, tree: promql.AggregateExpr) -> Vector:
        vector = self.value(tree.expr)
        assert isinstance(vector, dict)
        modifier = tree.modifier
        names = set(modifier.labels) if modifier is not None else set()
        without = modifier is not None and modifier.type == promql.AggModifierType.Without
        groups: dict[Labels, list[float]] = {}
        for labels, value in vector.items():
            kept = frozenset((name, each) for name, each in labels if name != NAME and (name in names) is not without)
            groups.setdefault(kept, []).append(value)
        return {labels: AGGREGATIONS[str(tree.op)](values) for labels, values in groups.items()}

    def _binary(self, op: str, one: Value, other: Value, modifier: Any) -> Value:
        if isinstance(one, float) and isinstance(other, float):
            return ARITHMETIC[op](one, other)
        if isinstance(one, float) or isinstance(other, float):
            return _with_number(op, one, other)
        key = _matching_key(modifier)
        if op == "and":
            right = {key(labels) for labels in other}
            return {labels: value for labels, value in one.items() if key(labels) in right}
        if op == "unless":
            right = {key(labels) for labels in other}
            return {labels: value for labels, value in one.items() if key(labels) not in right}
        if op == "or":
            left = {key(labels) for labels in one}
            return one | {labels: value for labels, value in other.items() if key(labels) not in left}
        by_key = {key(labels): value for labels, value in other.items()}
        found: Vector = {}
        for labels, value in one.items():
            if key(labels) not in by_key:
                continue
            right_value = by_key[key(labels)]
            if op in ARITHMETIC:
                found[key(labels) if modifier is not None else _unnamed(labels)] = ARITHMETIC[op](value, right_value)
            elif COMPARISONS[op](value, right_value):
                found[labels] = value
        return found


def _with_number(op: str, one: Value, other: Value) -> Vector:
    """Apply an operator to each value of a vector and a number."""
    found: Vector = {}
    vector, is_left = (one, True) if isinstance(one, dict) else (other, False)
    assert isinstance(vector, dict)
    number = other if is_left else one
    assert isinstance(number, float)
    for labels, value in vector.items():
        left, right = (value, number) if is_left else (number, value)
        if op in ARITHMETIC:
            found[_unnamed(labels)] = ARITHMETIC[op](left, right)
        elif COMPARISONS[op](left, right):
            found[labels] = value
    return found


def _quantiles(share: float, vector: Vector) -> Vector:
    groups: dict[Labels, list[tuple[float, float]]] = {}
    for labels, value in vector.items():
        own = dict(labels)
        edge = own.pop("le", "")
        own.pop(NAME, None)
        if edge:
            groups.setdefault(frozenset(own.items()), []).append((float(edge), value))
    return {labels: histogram_quantile(share, buckets) for labels, buckets in groups.items()}


def _matching_key(modifier: Any) -> Callable[[Labels], Labels]:
    if modifier is None or modifier.matching is None:
        return _unnamed
    names = set(modifier.matching.labels)
    if modifier.matching.type == promql.LabelModifierType.Include:
        return lambda labels: frozenset(each for each in labels if each[0] in names)
    return lambda labels: frozenset(each for each in labels if each[0] not in names and each[0] != NAME)


def _unnamed(labels: Labels) -> Labels:
    return frozenset(each for each in labels if each[0] != NAME)


def _equal_labels(tree: Any) -> Labels:
    """Return the labels that an absent series would have: those of the selector's equalities."""
    while isinstance(tree, promql.ParenExpr):
        tree = tree.expr
    if not isinstance(tree, promql.VectorSelector):
        return frozenset()
    return frozenset((each.name, each.value) for each in tree.matchers.matchers if each.op == promql.MatchOp.Equal)


def _matches(value: str, op: promql.MatchOp, wanted: str) -> bool:
    if op == promql.MatchOp.Equal:
        return value == wanted
    if op == promql.MatchOp.NotEqual:
        return value != wanted
    found = re.fullmatch(wanted, value) is not None
    return found if op == promql.MatchOp.Re else not found
