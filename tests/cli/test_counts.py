"""`pilot counts`: reports, imports of a till's file, and their history."""

from __future__ import annotations

import json
import unicodedata
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


DECOMPOSED = "Datum;Butik;Kvittonr;Status;Belopp\n2026-11-23;Café Aurora;1;Återbetald;45,00\n2026-11-23;Café Aurora;2;Klart;45,00\n"


def test_decomposed_arguments_files_and_file_names_are_understood(pilot: Pilot, tmp_path: Path) -> None:
    name = unicodedata.normalize("NFD", "försäljning.csv")
    (tmp_path / name).write_text(unicodedata.normalize("NFD", DECOMPOSED), encoding="utf-8")
    answer = unicodedata.normalize("NFD", "Återbetald")
    for given in (("--ignores", answer), (f"--ignores={answer}",)):
        shown = pilot("counts", "import", name, "--cafe", "aurora", *given, "--dry-run")
        assert shown.exit_code == 0, shown.output
        assert "1 customers  new" in shown.stdout


def test_an_open_question_is_shown_and_nothing_is_imported(pilot: Pilot, tmp_path: Path) -> None:
    file = write(tmp_path, "Datum;Kvittonr;Kommentar\n2026-11-23;1;\n2026-11-23;2;\n")
    for flags in ((), ("--dry-run",), ("--json",)):
        asked = pilot("counts", "import", file, "--cafe", "aurora", *flags)
        assert asked.exit_code == 1
        assert "no column of amounts is known" in asked.output
        assert "--no-amount" in asked.output
    shown = pilot("counts", "import", file, "--cafe", "aurora", "--dry-run")
    assert 'Columns: day "Datum", receipt "Kvittonr". Not found: amount, till, status.' in shown.stdout
    assert history(pilot) == []
    assert "1 days new" in pilot("counts", "import", file, "--cafe", "aurora", "--no-amount").stdout
    assert history(pilot)[0]["customers"] == 2


def test_the_plan_shows_each_till_and_the_columns_it_used(pilot: Pilot, tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "Datum;Kassanr;Kvittonr;Typ;Belopp\n2026-11-23;1;1;Köp;45\n2026-11-23;2;1;Köp;45\n2026-11-23;2;2;Övning;45\n",
    )
    shown = pilot("counts", "import", file, "--cafe", "aurora", "--dry-run").stdout
    assert 'receipt "Kvittonr", amount "Belopp", till "Kassanr", status "Typ".' in shown
    assert "2 tills: 1: 1, 2: 1" in shown
    assert "1 rows not counted: training" in shown


def test_an_answer_that_names_no_column_is_refused_with_the_columns(pilot: Pilot, tmp_path: Path) -> None:
    file = write(tmp_path, "Datum;Kvittonr;Pengar\n2026-11-23;1;45\n")
    refused = pilot("counts", "import", file, "--cafe", "aurora", "--amount", "Peng")
    assert refused.exit_code == 1
    assert "No file has a column 'Peng'" in refused.stderr
    assert "Datum, Kvittonr, Pengar" in refused.stderr
    assert "1 days new" in pilot("counts", "import", file, "--cafe", "aurora", "--amount", "pengar").stdout


def test_a_running_total_and_the_column_of_customers_are_answered(pilot: Pilot, tmp_path: Path) -> None:
    hours = "Datum;Timme;Antal kunder (2025);Antal kunder (2026)\n" + "".join(
        f"2026-11-23;{hour:02};{hour};{hour * 10}\n" for hour in (8, 9, 10)
    )
    command = ("counts", "import", write(tmp_path, hours), "--cafe", "aurora")
    asked = pilot(*command)
    assert asked.exit_code != 0
    assert "--customers HEADING" in " ".join(asked.output.split())
    assert "--running-total" in asked.output
    named = (*command, "--customers", "Antal kunder (2026)")
    assert pilot(*named).exit_code != 0
    assert pilot(*named, "--running-total", "--each-hour").exit_code != 0
    assert "1 days new" in pilot(*named, "--running-total").stdout
    assert [one["customers"] for one in history(pilot)] == [100]
    pilot(*named, "--each-hour")
    assert history(pilot)[0]["customers"] == 270
