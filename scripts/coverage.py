"""Writes docs/operations/coverage.md: which rows of the runbook pass, by which drill, and when last.

    python scripts/coverage.py           write the page
    python scripts/coverage.py --check   exit with 1 if the page is out of date or names a drill that does not exist
    python scripts/coverage.py --run [ROW ...]
                                         run the drills of these rows or of all, note the day on which each last
                                         passed, write the page

Data: rows.toml (what each row means), drills.toml (its command and drills, or what it lacks), passed.toml (days).
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "operations"
PAGE, ROWS, DRILLS, PASSED = (FOLDER / name for name in ("coverage.md", "rows.toml", "drills.toml", "passed.toml"))
LINES = ROOT / "tests" / "runbook" / "lines.toml"
STOCKHOLM = ZoneInfo("Europe/Stockholm")
PASS, OPEN, AWAY = "pass", "open", "cannot run here"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the runbook.

    Attributes:
        number: Its number.
        section: Its section.
        names: What the runbook names.
        command: The command for it.
        drills: Node ids of the tests that show what the row means.
        missing: What it lacks; empty if it has drills.
        here: Whether it can be tried on the machines of the tests.
    """

    number: int
    section: str
    names: str
    command: str
    drills: tuple[str, ...]
    missing: str
    here: bool

    def state(self, passed: Mapping[str, str]) -> str:
        """Return pass only if every drill has passed."""
        if self.drills and not self.missing and all(drill in passed for drill in self.drills):
            return PASS
        return OPEN if self.here else AWAY

    def last_passed(self, passed: Mapping[str, str]) -> str:
        """Return the oldest of the days on which its drills last passed; empty if one never did."""
        return min(passed[drill] for drill in self.drills) if self.state(passed) == PASS else ""


def rows() -> list[Row]:
    """Read the rows with their commands and drills.

    Raises:
        SystemExit: a row has neither drills nor the reason for having none, or both.
    """
    names = tomllib.loads(ROWS.read_text(encoding="utf-8"))["row"]
    tried = tomllib.loads(DRILLS.read_text(encoding="utf-8"))["row"]
    if faults := sorted(set(names) ^ set(tried)):
        sys.exit(f"rows.toml and drills.toml differ in the rows {', '.join(faults)}")
    found = []
    for number in sorted(names, key=int):
        how = tried[number]
        if bool(how.get("drills")) == bool(how.get("missing")):
            sys.exit(f"row {number} of drills.toml needs either drills or what is missing")
        found.append(
            Row(
                number=int(number),
                section=names[number]["section"],
                names=names[number]["names"],
                command=how.get("command", ""),
                drills=tuple(how.get("drills", ())),
                missing=how.get("missing", ""),
                here=how.get("here", True),
            )
        )
    return found


def days() -> dict[str, str]:
    """Return the day on which each drill last passed."""
    return dict(tomllib.loads(PASSED.read_text(encoding="utf-8"))) if PASSED.exists() else {}


def absent(found: list[Row]) -> list[str]:
    """Return the drills that are no test of the repository."""
    tests: dict[str, set[str]] = {}
    missing = []
    for drill in sorted({each for row in found for each in row.drills}):
        path, _, name = drill.partition("::")
        if path not in tests:
            file = ROOT / path
            tree = ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else ast.parse("")
            tests[path] = {each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
        if name not in tests[path]:
            missing.append(drill)
    return missing


def page(found: list[Row], passed: Mapping[str, str]) -> str:
    """Return the page's text."""
    states = [row.state(passed) for row in found]
    sections: dict[str, list[Row]] = defaultdict(list)
    for row in found:
        sections[row.section].append(row)
    out = [
        "# What of the runbook works",
        "",
        f"**{states.count(PASS)} of {len(found)} rows pass.** {states.count(OPEN)} are open, {states.count(AWAY)} "
        "cannot run on the machines of the tests. Written by `python scripts/coverage.py`; do not edit.",
        "",
        "A row passes only if each named drill, an automated test, shows what the row must mean and has passed; the "
        "day is the oldest of its drills' last passes (`python scripts/coverage.py --run` runs them all). The meaning "
        "of each row is in [rows.toml](rows.toml).",
        "",
        "| section | pass | rows |",
        "|---|---:|---:|",
    ]
    for section, own in sections.items():
        out.append(f"| {section} | {sum(row.state(passed) == PASS for row in own)} | {len(own)} |")
    for section, own in sections.items():
        out += [
            "",
            f"## {section}",
            "",
            "| n | the runbook names | command | drill, or what is missing | last passed | |",
        ]
        out.append("|---|---|---|---|---|---|")
        out += [_line(row, passed) for row in own]
    return "\n".join([*out, "", *_command_lines()]) + "\n"


def _line(row: Row, passed: Mapping[str, str]) -> str:
    unproved = [drill for drill in row.drills if drill not in passed]
    drills = "<br>".join(f"`{drill.removeprefix('tests/')}`" for drill in row.drills)
    shown = drills + (" (has not passed yet)" if unproved else "") if row.drills else f"{row.missing}"
    return (
        f"| {row.number} | {_cell(row.names)} | {_cell(row.command)} | {_cell(shown)} | {row.last_passed(passed)} | "
        f"{row.state(passed)} |"
    )


def _command_lines() -> list[str]:
    lines = tomllib.loads(LINES.read_text(encoding="utf-8"))
    away = {text: row["away"] for text, row in lines.items() if "away" in row}
    to_come = [text for text, row in lines.items() if row.get("to_come")]
    run = len(lines) - len(away) - len(to_come)
    return [
        "## Command lines of the runbook",
        "",
        f"`tests/runbook/test_runbook_lines.py` tries all {len(lines)} command lines of the runbook's text: {run} run "
        f"as written, {len(to_come)} wait for their command, {len(away)} are not run:",
        "",
        *(f"- `{text}`: its command is to come" for text in to_come),
        *(f"- `{text}`: {why}" for text, why in away.items()),
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


class Recorder:
    """Notes the outcome of every test: a test passes if each of its examples does."""

    def __init__(self) -> None:
        self.outcomes: dict[str, set[str]] = defaultdict(set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note one phase of a test."""
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.nodeid.partition("[")[0]].add(report.outcome)

    def passed(self) -> list[str]:
        """Return the tests of which nothing failed or was skipped."""
        return sorted(name for name, outcomes in self.outcomes.items() if outcomes == {"passed"})


def run(found: list[Row], numbers: frozenset[int]) -> None:
    """Run the drills and note today's date for those that pass; those that fail lose theirs.

    Args:
        found: Every row.
        numbers: The rows whose drills to run; all if empty.
    """
    named = {drill for row in found for drill in row.drills}
    wanted = {drill for row in found for drill in row.drills if not numbers or row.number in numbers}
    by_file: dict[str, list[str]] = defaultdict(list)
    for drill in sorted(wanted):
        by_file[drill.partition("::")[0]].append(drill)
    recorder = Recorder()
    for drills in by_file.values():  # Noted after each file: a run that is stopped keeps what has passed.
        pytest.main(
            ["-q", "-p", "no:randomly", f"--rootdir={ROOT}", *(str(ROOT / drill) for drill in drills)], [recorder]
        )
        _note(recorder, named)
    print(f"{len(wanted & set(recorder.passed()))} of {len(wanted)} drills passed.")


def _note(recorder: Recorder, named: set[str]) -> None:
    today = datetime.now(STOCKHOLM).date().isoformat()
    passed = {drill: today for drill in recorder.passed() if drill in named}
    # A drill that was skipped, or did not run at all, keeps its day.
    kept = {
        drill: day
        for drill, day in days().items()
        if drill in named and recorder.outcomes.get(drill, {"skipped"}) == {"skipped"}
    }
    lines = [f'"{drill}" = "{day}"' for drill, day in sorted((kept | passed).items())]
    header = "# The day on which each drill last passed. Written by `python scripts/coverage.py --run`."
    PASSED.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


def main() -> None:
    """Write, check or run."""
    found = rows()
    if missing := absent(found):
        sys.exit("These drills are no tests:\n" + "\n".join(missing))
    if "--run" in sys.argv:
        run(found, frozenset(int(each) for each in sys.argv if each.isdigit()))
    text = page(found, days())
    if "--check" in sys.argv:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            sys.exit("docs/operations/coverage.md is out of date: run `python scripts/coverage.py`.")
        return
    PAGE.write_text(text, encoding="utf-8")
    print(text.splitlines()[2])


if __name__ == "__main__":
    main()
