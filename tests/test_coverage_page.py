"""The page of what works of the runbook is true: its rows, its drills, its count."""

from __future__ import annotations

import re

import pytest

from scripts import coverage
from scripts.coverage import AWAY, OPEN, PAGE, PASS, Recorder, Row, absent, days, page, rows

ROW = Row(1, "A", "a thing", "`pilot x`", ("tests/a.py::test_a", "tests/a.py::test_b"), "", here=True)


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(rows(), days()), "run `python scripts/coverage.py`"


def test_all_183_rows_are_on_the_page_once_and_the_count_is_theirs() -> None:
    text = PAGE.read_text(encoding="utf-8")
    shown = re.findall(r"^\| (\d+) \| .* \| (pass|open|cannot run here) \|$", text, re.MULTILINE)
    assert [int(number) for number, _ in shown] == list(range(1, 184))
    count = sum(state == "pass" for _, state in shown)
    assert f"**{count} of 183 rows pass.**" in text


def test_every_drill_is_a_test_of_the_repository() -> None:
    assert absent(rows()) == []
    assert absent([ROW]) == ["tests/a.py::test_a", "tests/a.py::test_b"]


def test_no_day_is_kept_of_a_drill_that_is_not_named() -> None:
    assert days().keys() <= {drill for row in rows() for drill in row.drills}


@pytest.mark.parametrize(
    ("passed", "missing", "here", "state", "last"),
    [
        ({"tests/a.py::test_a": "2026-11-30", "tests/a.py::test_b": "2026-11-01"}, "", True, PASS, "2026-11-01"),
        ({"tests/a.py::test_a": "2026-11-30"}, "", True, OPEN, ""),
        ({"tests/a.py::test_a": "2026-11-30", "tests/a.py::test_b": "2026-11-01"}, "half", True, OPEN, ""),
        ({}, "no such host", False, AWAY, ""),
    ],
)
def test_a_row_passes_only_if_all_its_drills_have_passed(passed, missing, here, state, last) -> None:
    row = Row(1, "A", "a thing", "", ROW.drills, missing, here=here)
    assert (row.state(passed), row.last_passed(passed)) == (state, last)


def test_a_test_counts_as_passed_only_if_all_its_examples_did() -> None:
    recorder = Recorder()

    class Report:
        def __init__(self, nodeid: str, outcome: str, when: str = "call") -> None:
            self.nodeid, self.outcome, self.when = nodeid, outcome, when

    for each in (
        Report("tests/a.py::test_a[1]", "passed"),
        Report("tests/a.py::test_a[2]", "failed"),
        Report("tests/a.py::test_b", "passed", "setup"),
        Report("tests/a.py::test_b", "passed"),
        Report("tests/a.py::test_c", "skipped", "setup"),
        Report("tests/a.py::test_d", "passed"),
        Report("tests/a.py::test_d", "failed", "teardown"),
    ):
        recorder.pytest_runtest_logreport(each)
    assert recorder.passed() == ["tests/a.py::test_b"]


def test_a_row_without_drills_and_without_a_reason_is_refused(tmp_path, monkeypatch) -> None:
    (tmp_path / "rows.toml").write_text('[row.1]\nsection = "A"\nnames = "x"\nmeans = "y"\n', encoding="utf-8")
    (tmp_path / "drills.toml").write_text('[row.1]\ncommand = "x"\n', encoding="utf-8")
    monkeypatch.setattr(coverage, "ROWS", tmp_path / "rows.toml")
    monkeypatch.setattr(coverage, "DRILLS", tmp_path / "drills.toml")
    with pytest.raises(SystemExit, match=r"row 1 of drills\.toml needs either drills or what is missing"):
        rows()
