"""`pilot counts`: reports, imports of a till's file, and their history."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Pilot

FILE = "Datum;Antal kunder\n2026-11-23;742\n2026-11-24;\n"


def write(tmp_path: Path, text: str = FILE, *, name: str = "till.csv") -> str:
    (tmp_path / name).write_text(text, encoding="cp1252")
    return name


def history(pilot: Pilot, day: str = "2026-11-23") -> list[dict[str, object]]:
    return json.loads(pilot("counts", "history", "aurora", day, "--json").stdout)


def test_a_dry_run_shows_the_plan_and_writes_nothing(pilot: Pilot, tmp_path: Path) -> None:
    shown = pilot("counts", "import", write(tmp_path), "--cafe", "aurora", "--dry-run", "--rows")
    assert shown.exit_code == 0, shown.output
    assert "till.csv row 2: counted aurora 2026-11-23" in shown.stdout
    assert "till.csv row 3: a day without a number stays missing aurora 2026-11-24" in shown.stdout
    assert "742 customers  new" in shown.stdout
    assert "Nothing was written." in shown.stdout
    assert history(pilot) == []


def test_an_import_corrects_a_report_and_both_are_in_the_history(pilot: Pilot, tmp_path: Path) -> None:
    file = write(tmp_path)
    assert "1 days new, 0 corrected, 0 unchanged." in pilot("counts", "import", file, "--cafe", "aurora").stdout
    assert "Nothing was changed" in pilot("counts", "import", file, "--cafe", "aurora").stdout
    pilot("counts", "report", "aurora", "2026-11-23", "739")
    assert "instead of 739 (manager, cli:" in pilot("counts", "import", file, "--cafe", "aurora", "--dry-run").stdout
    assert [(one["customers"], one["source"]) for one in history(pilot)] == [(739, "manager"), (742, "till")]
    lines = pilot("counts", "history", "aurora", "2026-11-23").stdout.splitlines()
    assert [line.split()[:3] for line in lines] == [["counts", "739", "manager"], ["before", "742", "till"]]
    assert "Nobody has reported" in pilot("counts", "history", "aurora", "2026-11-24").stdout


def test_an_unreported_day_is_missing(pilot: Pilot) -> None:
    pilot("counts", "report", "aurora", "2026-11-23", "0")
    days = {
        row["day"]: row["report"]
        for row in json.loads(pilot("counts", "show", "aurora", "--days", "366", "--json").stdout)
    }
    assert days["2026-11-23"]["customers"] == 0
    assert days["2026-11-24"] is None
    assert "missing" in pilot("counts", "show", "--days", "366").stdout


def test_every_fault_is_reported_and_nothing_is_imported(pilot: Pilot, tmp_path: Path) -> None:
    file = write(tmp_path, FILE + "i går;7\n2026-11-23;743\n")
    for flags in ((), ("--dry-run",), ("--json",)):
        refused = pilot("counts", "import", file, "--cafe", "aurora", *flags)
        assert refused.exit_code == 1
        assert 'till.csv, row 4, column "Datum": text of 5 characters' in refused.output
        assert "row 5" in refused.output
        assert "Traceback" not in refused.output
    assert history(pilot) == []


def test_a_workbook_is_refused_with_the_way_to_save_it_as_csv(pilot: Pilot, tmp_path: Path) -> None:
    (tmp_path / "report.xlsx").write_bytes(b"PK\x03\x04")
    refused = pilot("counts", "import", "report.xlsx", "--cafe", "aurora")
    assert refused.exit_code == 1
    assert 'save it as "CSV UTF-8"' in refused.stderr
