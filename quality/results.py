"""A suite's results: which expectations hold, in counts, never with a row's values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quality.rules import Severity


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """One expectation's verdict.

    Attributes:
        code: The expectation's code.
        passed: Whether it holds.
        counts: The rows validated and the rows that break it; empty for expectations about the whole table.
        severity: stop or warn.
        about: The columns that it concerns.
        of_rows: Whether it judges each row by itself.
        offenders: Positions in the frame of rows that break it, from 0; the first MOST_OFFENDERS of them.
    """

    code: str
    passed: bool
    counts: Mapping[str, int]
    severity: Severity = "stop"
    about: tuple[str, ...] = ()
    of_rows: bool = True
    offenders: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """A suite's verdict over one frame."""

    table: str
    expectations: tuple[ExpectationResult, ...]

    @property
    def passed(self) -> bool:
        """Return whether every expectation holds."""
        return all(item.passed for item in self.expectations)

    @property
    def failed(self) -> tuple[ExpectationResult, ...]:
        """Return the expectations that do not hold."""
        return tuple(item for item in self.expectations if not item.passed)

    @property
    def stops(self) -> bool:
        """Return whether an expectation that stops payments and reports does not hold."""
        return any(item.severity == "stop" for item in self.failed)
