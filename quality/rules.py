"""Rules: expectations as data, so that a suite can be read, listed and tested without its engine.

A rule is either one of Great Expectations' own, by name and arguments, or a *fact*: a function that says for each row
whether something between columns or tables holds. A fact becomes a boolean column that the engine expects to be true.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pilot.cafes import Cafes
from pilot.tables import Table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a fact may look at beside its own frame.

    Attributes:
        references: Other tables' rows of the same days, by table name.
        cafes: The cafés.
    """

    references: Mapping[str, pd.DataFrame]
    cafes: Cafes


Fact = Callable[["pd.DataFrame", Evidence], "pd.Series[bool]"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One expectation.

    Attributes:
        name: What must be true, as a sentence.
        expectation: The name of Great Expectations' class; empty for a fact.
        arguments: Its arguments.
        fact: The function, for a fact.
    """

    name: str
    expectation: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    fact: Fact | None = None


def declared(table: Table) -> Iterator[Rule]:
    """Yield what a table's declaration promises: its columns, its key, and where a value is required."""
    yield Rule(
        "the columns are the declared ones, in order",
        "ExpectTableColumnsToMatchOrderedList",
        {"column_list": list(table.names)},
    )
    if len(table.key) == 1:
        yield Rule(f"{table.key[0]} is unique", "ExpectColumnValuesToBeUnique", {"column": table.key[0]})
    else:
        yield Rule(
            f"{', '.join(table.key)} are unique together",
            "ExpectCompoundColumnsToBeUnique",
            {"column_list": list(table.key)},
        )
    for column in table.columns:
        if column.required:
            yield Rule(f"{column.name} is never empty", "ExpectColumnValuesToNotBeNull", {"column": column.name})


def one_of(column: str, values: Collection[str]) -> Rule:
    """Return the rule that a column holds only these values, or nothing."""
    return Rule(
        f"{column} is a known value", "ExpectColumnValuesToBeInSet", {"column": column, "value_set": sorted(values)}
    )


def between(column: str, low: float, high: float | None = None) -> Rule:
    """Return the rule that a column's numbers lie within two bounds, both allowed."""
    text = f"{column} is {low:g} or more" if high is None else f"{column} is between {low:g} and {high:g}"
    return Rule(text, "ExpectColumnValuesToBeBetween", {"column": column, "min_value": low, "max_value": high})


def matches(column: str, pattern: str, *, meaning: str) -> Rule:
    """Return the rule that a column's texts have a form."""
    return Rule(f"{column} is {meaning}", "ExpectColumnValuesToMatchRegex", {"column": column, "regex": pattern})
