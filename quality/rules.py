"""Rules: expectations as data, so that a suite can be read, listed and tested without its engine.

A rule is either an expectation of Great Expectations, by name and arguments, or a *fact*: a function that returns for
each row whether a relation between columns or tables holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from pilot.cafes import Cafes
from pilot.lake_tables.tables import SCORED_FEEDBACK, SESSIONS, TURNS, Table

if TYPE_CHECKING:
    import pandas as pd


# The columns by which all of a day's rows are counted, cut or not; figures are compared with these counts.
COUNTED_BY: Mapping[str, tuple[str, ...]] = {
    SESSIONS.name: ("cafe", "simulated", "outcome"),
    SCORED_FEEDBACK.name: ("cafe", "simulated"),
    TURNS.name: ("cafe", "simulated", "mode"),
}
COUNT = "counted"

Severity = Literal["stop", "warn"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The data that a fact may use beside its own frame.

    Attributes:
        references: Other tables' rows of the same days, by table name; only some sessions' of a large day.
        cafes: The cafés.
        day: The business day; None if the frame is not of one day.
        settled: Whether the day is over; figures that may still grow have no lower bound before.
        whole: Counts of all rows of COUNTED_BY's tables if `references` have only some sessions.
        frozen: Whether the day is closed or redacted: its figures stay, while erasures still remove rows.
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
        """Return a table's number of rows by café and `simulated`, whether or not the day was cut.

        Args:
            table: One of COUNTED_BY.
            of: The table's rows, if it is the judged table and not a reference.
            where: Selects rows by the columns of COUNTED_BY; None for all.
        """
        by = list(COUNTED_BY[table.name])
        counted = self.whole.get(table.name)
        if counted is None:
            rows = self.references[table.name] if of is None else of
            counted = rows.groupby(by, dropna=False).size().rename(COUNT).reset_index()
        some = counted if where is None else counted[where(counted)]
        found: pd.Series[int] = some.groupby(["cafe", "simulated"])[COUNT].sum()
        return found


def matches_count(figure: pd.Series[Any], counted: pd.Series[Any], evidence: Evidence) -> pd.Series[bool]:
    """Return whether each figure equals its count; on a frozen day it may exceed it by erased rows."""
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
        severity: stop (a failure stops the day's payments and reports, if it concerns more than a few sessions: see
            `quality.set_apart`) or warn.
        of_rows: Whether it judges each row of the table by itself; else the table, its cafés, or another table.
        columns: The columns that a fact concerns.
        by_todays_file: Whether rows are compared with today's cafés' file. For earlier days it only warns, because
            later changes of cafés, hours or tiers do not invalidate earlier payments and reports.
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
    def judges_rows(self) -> bool:
        """Return whether a broken row is a fault of that row: not of the table, nor of the cafés' file."""
        return self.of_rows and not self.by_todays_file

    @property
    def about(self) -> tuple[str, ...]:
        """Return the columns that it concerns; none if it concerns the whole row."""
        named = self.arguments.get("column")
        return (named,) if named else tuple(self.arguments.get("column_list", self.columns))


def declaration_rules(table: Table) -> Iterator[Rule]:
    """Yield the rules of a table's declaration: its columns, its key, its required values."""
    yield Rule(
        "columns_as_declared",
        "ExpectTableColumnsToMatchOrderedList",
        {"column_list": list(table.names)},
        of_rows=False,
    )
    if len(table.key) == 1:
        arguments = {"column": table.key[0]}
        yield Rule(f"unique:{table.key[0]}", "ExpectColumnValuesToBeUnique", arguments, of_rows=False)
    else:
        yield Rule(
            f"unique_together:{','.join(table.key)}",
            "ExpectCompoundColumnsToBeUnique",
            {"column_list": list(table.key)},
            of_rows=False,
        )
    for column in table.columns:
        if column.required:
            yield Rule(f"required:{column.name}", "ExpectColumnValuesToNotBeNull", {"column": column.name})


def one_of(column: str, values: Collection[str], *, severity: Severity = "stop") -> Rule:
    """Return the rule that a column contains only these values or nulls."""
    arguments = {"column": column, "value_set": sorted(values)}
    return Rule(f"known_value:{column}", "ExpectColumnValuesToBeInSet", arguments, severity=severity)


def cafe_in_file(cafes: Cafes, *others: str) -> Rule:
    """Return the rule that each row's café is in today's file, or one of the other names."""
    return replace(one_of("cafe", (*cafes.ids, *others)), by_todays_file=True)


def between(column: str, low: float, high: float | None = None) -> Rule:
    """Return the rule that a column's numbers lie between two bounds, both included."""
    code = f"at_least:{column}:{low:g}" if high is None else f"between:{column}:{low:g}:{high:g}"
    return Rule(code, "ExpectColumnValuesToBeBetween", {"column": column, "min_value": low, "max_value": high})


def matches(column: str, pattern: str, *, code: str) -> Rule:
    """Return the rule that a column's texts match a pattern; `code` names the form."""
    return Rule(f"{code}:{column}", "ExpectColumnValuesToMatchRegex", {"column": column, "regex": pattern})


def joined_column(frame: pd.DataFrame, other: pd.DataFrame, column: str, *, on: str = "session_id") -> pd.Series[Any]:
    """Return another table's column for each row, joined by `on`; empty without a match."""
    found = other.drop_duplicates(on).set_index(on)[column].reindex(frame[on])
    return found.set_axis(frame.index)


def same_session(frame: pd.DataFrame, sessions: pd.DataFrame) -> pd.Series[bool]:
    """Return whether each row's café and `simulated` are those of its session."""
    same_cafe = joined_column(frame, sessions, "cafe") == frame["cafe"]
    return same_cafe & (joined_column(frame, sessions, "simulated") == frame["simulated"])
