"""Rules: expectations as data, so that a suite can be read, listed and tested without its engine.

A rule is either one of Great Expectations' own, by name and arguments, or a *fact*: a function that says for each row
whether something between columns or tables holds. A fact becomes a boolean column that the engine expects to be true.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from pilot.cafes import Cafes
from pilot.tables import SCORED_FEEDBACK, SESSIONS, TURNS, Table

if TYPE_CHECKING:
    import pandas as pd


# What figures are held against: counts of all of a day's rows, never of a cut.
COUNTED_BY: Mapping[str, tuple[str, ...]] = {
    SESSIONS.name: ("cafe", "simulated", "outcome"),
    SCORED_FEEDBACK.name: ("cafe", "simulated"),
    TURNS.name: ("cafe", "simulated", "mode"),
}
COUNT = "counted"

Severity = Literal["stop", "warn"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a fact may look at beside its own frame.

    Attributes:
        references: Other tables' rows of the same days, by table name; of a large day only some sessions'.
        cafes: The cafés.
        day: The business day, where one is judged.
        settled: Whether the day is over: what may still grow is not held against what the day should reach.
        whole: Counts of all rows of tables of COUNTED_BY, where `references` hold some sessions only.
        frozen: Whether the day is closed or redacted: its figures stand, while rows still go when a guest asks.
    """

    references: Mapping[str, pd.DataFrame]
    cafes: Cafes
    day: date | None = None
    settled: bool = False
    whole: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    frozen: bool = False

    def counts(
        self,
        table: Table,
        *,
        of: pd.DataFrame | None = None,
        where: Callable[[pd.DataFrame], pd.Series[bool]] | None = None,
    ) -> pd.Series[int]:
        """Return how many rows a table has by café and `simulated`, whether or not the day was cut.

        Args:
            table: One of COUNTED_BY.
            of: Its rows, where it is the table that is judged and no reference.
            where: Which rows, by the columns of COUNTED_BY; all where it is left out.
        """
        by = list(COUNTED_BY[table.name])
        counted = self.whole.get(table.name)
        if counted is None:
            rows = self.references[table.name] if of is None else of
            counted = rows.groupby(by, dropna=False).size().rename(COUNT).reset_index()
        some = counted if where is None else counted[where(counted)]
        found: pd.Series[int] = some.groupby(["cafe", "simulated"])[COUNT].sum()
        return found


def as_counted(figure: pd.Series[Any], counted: pd.Series[Any], evidence: Evidence) -> pd.Series[bool]:
    """Return whether each figure is what was counted; on a frozen day more, since rows were erased after it."""
    return figure >= counted if evidence.frozen else figure == counted


Fact = Callable[["pd.DataFrame", Evidence], "pd.Series[bool]"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One expectation.

    Attributes:
        code: The expectation's snake_case code, with its arguments after colons (`between:score:0:100`); its sentence
            is in `pilot/words/expectations.en.toml`.
        expectation: The name of Great Expectations' class; empty for a fact.
        arguments: Its arguments.
        fact: The function, for a fact.
        severity: stop (nothing is paid or reported from a day that breaks it) or warn.
        of_rows: Whether a fact says something about each row of the table; else about cafés, or about another table.
        columns: The columns that a fact is about.
        by_todays_file: Whether rows are held against the cafés as they are today: earlier days only warn, since a café
            that left or joined, other hours or other tiers do not make what was paid and reported wrong.
    """

    code: str
    expectation: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    fact: Fact | None = None
    severity: Severity = "stop"
    of_rows: bool = True
    columns: tuple[str, ...] = ()
    by_todays_file: bool = False

    @property
    def about(self) -> tuple[str, ...]:
        """Return the columns that it is about; none where it is about the row as a whole."""
        named = self.arguments.get("column")
        return (named,) if named else tuple(self.arguments.get("column_list", self.columns))


def declared(table: Table) -> Iterator[Rule]:
    """Yield what a table's declaration promises: its columns, its key, and where a value is required."""
    yield Rule(
        "columns_as_declared",
        "ExpectTableColumnsToMatchOrderedList",
        {"column_list": list(table.names)},
    )
    if len(table.key) == 1:
        yield Rule(f"unique:{table.key[0]}", "ExpectColumnValuesToBeUnique", {"column": table.key[0]})
    else:
        yield Rule(
            f"unique_together:{','.join(table.key)}",
            "ExpectCompoundColumnsToBeUnique",
            {"column_list": list(table.key)},
        )
    for column in table.columns:
        if column.required:
            yield Rule(f"required:{column.name}", "ExpectColumnValuesToNotBeNull", {"column": column.name})


def one_of(column: str, values: Collection[str], *, severity: Severity = "stop") -> Rule:
    """Return the rule that a column holds only these values, or nothing."""
    arguments = {"column": column, "value_set": sorted(values)}
    return Rule(f"known_value:{column}", "ExpectColumnValuesToBeInSet", arguments, severity=severity)


def known_cafe(cafes: Cafes, *others: str) -> Rule:
    """Return the rule that each row is of a café of today's file, or of one of the other names."""
    return replace(one_of("cafe", (*cafes.ids, *others)), by_todays_file=True)


def between(column: str, low: float, high: float | None = None) -> Rule:
    """Return the rule that a column's numbers lie within two bounds, both allowed."""
    code = f"at_least:{column}:{low:g}" if high is None else f"between:{column}:{low:g}:{high:g}"
    return Rule(code, "ExpectColumnValuesToBeBetween", {"column": column, "min_value": low, "max_value": high})


def matches(column: str, pattern: str, *, code: str) -> Rule:
    """Return the rule that a column's texts match a pattern; `code` names the form."""
    return Rule(f"{code}:{column}", "ExpectColumnValuesToMatchRegex", {"column": column, "regex": pattern})


def joined_column(frame: pd.DataFrame, other: pd.DataFrame, column: str, *, on: str = "session_id") -> pd.Series[Any]:
    """Return, for each row, a column of the row of another table with the same `on`; empty where there is none."""
    found = other.drop_duplicates(on).set_index(on)[column].reindex(frame[on])
    return found.set_axis(frame.index)


def same_session(frame: pd.DataFrame, sessions: pd.DataFrame) -> pd.Series[bool]:
    """Return whether each row's café and `simulated` are those of its session."""
    same_cafe = joined_column(frame, sessions, "cafe") == frame["cafe"]
    return same_cafe & (joined_column(frame, sessions, "simulated") == frame["simulated"])
