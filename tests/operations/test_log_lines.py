"""Errors in the logs are grouped by service, with counts and times, without guests' words."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from operations.log_lines import grouped_errors, last_lines, read_lines, services

EIGHT = "2026-11-30T08:00:00Z"
NINE = "2026-11-30T09:00:00Z"


def logged(event: str, at: str = NINE, level: str = "error", **fields: object) -> str:
    return json.dumps({"event": event, "level": level, "timestamp": at, **fields})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "edge.log.1").write_text(logged("append failed", EIGHT) + "\n", encoding="utf-8")
    edge = [
        "--- started 1796031425.353900 ---",
        logged("append failed", session_id="s1"),
        logged("connection closed", level="info", session_id="s1"),
        logged("run 17 failed after 3.5 s"),
        logged("run 18 failed after 4 s"),
    ]
    (tmp_path / "edge.log").write_text("\n".join(edge) + "\n", encoding="utf-8")
    code_server = [
        "\x1b[32m2026-11-30 09:30:00 +0000\x1b[0m - dagster - \x1b[34mERROR\x1b[0m - rebuild - step failed",
        "2026-11-30 09:31:00 +0000 - dagster - INFO - rebuild - fine",
        "Traceback (most recent call last):",
        '  File "x.py", line 1, in <module>',
        "storage.errors.StoreAway: kaffet var kallt",
    ]
    (tmp_path / "code-server.log").write_text("\n".join(code_server) + "\n", encoding="utf-8")
    (tmp_path / "watch.log").write_bytes(b"\xff\xfe not text\n{broken json\n")
    return tmp_path


def test_errors_are_grouped_with_counts_and_first_and_last_time(folder: Path) -> None:
    found = grouped_errors(folder, names=services(folder), since=None)
    shown = {(group.service, group.message): group.count for group in found}
    assert shown == {
        ("edge", "append failed"): 2,
        ("edge", "run N failed after N s"): 2,
        ("code-server", "rebuild - step failed"): 1,
        ("code-server", "storage.errors.StoreAway"): 1,
    }
    first = next(group for group in found if group.message == "append failed")
    assert (first.first, first.last) == (datetime(2026, 11, 30, 8, tzinfo=UTC), datetime(2026, 11, 30, 9, tzinfo=UTC))


def test_a_tracebacks_text_is_not_repeated_and_has_the_time_of_the_line_before(folder: Path) -> None:
    (found,) = (each for each in grouped_errors(folder, names=["code-server"], since=None) if "Away" in each.message)
    assert "kallt" not in found.message
    assert found.last == datetime(2026, 11, 30, 9, 31, tzinfo=UTC)


def test_errors_before_the_moment_and_of_other_sessions_are_left_out(folder: Path) -> None:
    since = datetime(2026, 11, 30, 8, 30, tzinfo=UTC)
    (append,) = (each for each in grouped_errors(folder, names=["edge"], since=since) if "append" in each.message)
    assert append.count == 1
    assert sum(each.count for each in grouped_errors(folder, names=["edge"], since=None, session="s1")) == 1


def test_the_last_lines_and_those_of_a_session_are_shown_as_logged(folder: Path) -> None:
    shown = last_lines(folder, names=["edge"], number=10, since=None, session="s1")
    assert [line.message for line in shown] == ["append failed", "connection closed"]
    assert len(last_lines(folder, names=["edge", "code-server"], number=1, since=None)) == 2


def test_files_that_end_before_the_moment_are_not_read(folder: Path) -> None:
    since = datetime(2026, 11, 30, 8, 30, tzinfo=UTC)
    os.utime(folder / "edge.log.1", (since.timestamp() - 60, since.timestamp() - 60))
    assert next(line.message for line in read_lines(folder, "edge", since=since)).startswith("--- started")


def test_rotated_files_are_read_first_and_broken_bytes_are_no_error(folder: Path) -> None:
    assert next(read_lines(folder, "edge")).at == datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert len(list(read_lines(folder, "watch"))) == 2
    assert list(read_lines(folder, "nothing")) == []
