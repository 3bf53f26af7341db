"""A log is bounded by size and by age: its lines of the last thirty days stay, and none is older."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from operations.supervisor.logs import KEPT_DAYS, SECONDS_A_DAY, RotatingLog

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()


class DayLog:
    """A log whose files get the time of the virtual clock, as the file system would give them."""

    def __init__(self, path: Path, **options: int) -> None:
        self.now = NOON
        self.log = RotatingLog(path, clock=lambda: self.now, **options)

    def write(self, text: str) -> None:
        self.log.write(f"{text}\n".encode())
        os.utime(self.log.path, (self.now, self.now))


def lines(folder: Path) -> list[str]:
    files = sorted(folder.glob("edge.log*"), key=lambda path: -int(path.suffix[1:]) if path.suffix != ".log" else 0)
    return [line for path in files for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_last_thirty_days_stay_and_no_line_is_older(tmp_path: Path) -> None:
    log = DayLog(tmp_path / "edge.log")
    for day in range(45):
        for hour in range(2):
            log.now = NOON + day * SECONDS_A_DAY + hour * 3600
            log.write(f"{day}")
        shown = [int(line) for line in lines(tmp_path)]
        assert shown == sorted(shown)
        assert shown[-1] == day
        assert min(shown) == max(0, day - KEPT_DAYS + 1)
    log.log.close()


def test_a_days_lines_share_a_file_and_the_next_day_begins_another(tmp_path: Path) -> None:
    log = DayLog(tmp_path / "edge.log")
    log.write("a")
    log.write("b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["edge.log"]
    log.now += SECONDS_A_DAY
    log.write("c")
    assert (tmp_path / "edge.log").read_text(encoding="utf-8") == "c\n"
    assert (tmp_path / "edge.log.1").read_text(encoding="utf-8") == "a\nb\n"
    log.log.close()


def test_a_log_opened_again_on_another_day_is_rotated_and_old_files_are_removed(tmp_path: Path) -> None:
    log = DayLog(tmp_path / "edge.log")
    log.write("a")
    log.now += SECONDS_A_DAY
    log.write("b")
    log.log.close()
    again = DayLog(tmp_path / "edge.log")
    again.log.close()
    later = RotatingLog(tmp_path / "edge.log", clock=lambda: NOON + (KEPT_DAYS + 0.5) * SECONDS_A_DAY)
    assert lines(tmp_path) == ["b"]
    later.write(b"c\n")
    assert (tmp_path / "edge.log").read_text(encoding="utf-8") == "c\n"
    later.close()


def test_a_burst_is_bounded_by_size_and_number_of_files(tmp_path: Path) -> None:
    log = DayLog(tmp_path / "edge.log", largest_bytes=10, kept_files=3)
    for number in range(50):
        log.write(f"line {number}")
    assert lines(tmp_path) == [f"line {number}" for number in range(46, 50)]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 4 * 10
    log.log.close()
