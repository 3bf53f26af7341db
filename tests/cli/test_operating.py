"""The commands that operate the pilot: found against required, exit codes, one verdict."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pypdf import PdfReader

from operations.codes.sheet import sheet_pdf
from pilot.business_days import business_day
from pilot.settings import read_settings
from storage.cafes_file import read_cafes
from storage.home import open_existing_home
from storage.store import audit
from storage.store.cafes.codes import Code
from tests.cli.conftest import Pilot
from tests.pilot.test_contacts import GOOD

AWAY = {
    "PILOT_RESOLVERS": "127.0.0.1:9,127.0.0.1:9",
    "PILOT_SERVER_ADDRESS": "203.0.113.9",
    "PILOT_TIME_SERVER": "127.0.0.1:9",
    "PILOT_OLLAMA_URL": "http://127.0.0.1:9",
}
NO_PORTS = {f"PILOT_{name}_PORT": "9" for name in ("EDGE", "DAGSTER", "DASHBOARDS", "ENTRANCE")}


def log_of(tmp_path: Path) -> list[audit.Entry]:
    store = open_existing_home(read_settings({"PILOT_HOME": str(tmp_path / "home")})).store()
    return audit.recent(store, 20)


def test_the_doctor_reports_every_check_and_changes_nothing(pilot: Pilot, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("operations.hosts.addresses.QUERY_SECONDS", 0.1)
    monkeypatch.setattr("operations.doctor.machine.TIME_SECONDS", 0.1)
    shown = pilot("doctor", "--json", **AWAY)
    assert shown.exit_code == 1
    found = {each["name"]: each for each in json.loads(shown.stdout)["findings"]}
    assert list(found) == [
        *("ram", "cores", "disk", "inodes", "clock", "docker", "dns", "certificates", "sockets", "backups"),
        *("bucket", "stripe", "redis", "ollama", "weights", "contacts", "controller", "settings", "memory", "trial"),
    ]
    assert {name for name, each in found.items() if each["state"] == "not_applicable"} == {
        *("docker", "bucket", "stripe", "redis")
    }
    for name in ("clock", "dns", "certificates", "backups", "ollama", "weights", "contacts", "controller"):
        assert found[name]["state"] == "not_ok", found[name]
        assert found[name]["required"], name
        assert found[name]["remedy"], name
    assert found["dns"]["found"].count("\n") == 3
    assert list(tmp_path.iterdir()) == []


def test_the_doctors_checks_are_chosen_and_an_unknown_one_is_wrong_use(pilot: Pilot) -> None:
    shown = pilot("doctor", "--only", "trial,redis")
    assert shown.exit_code == 0
    assert "All well: 1 ok, 1 not applicable." in shown.stdout
    assert "Next: pilot seed" in shown.stdout
    refused = pilot("doctor", "--only", "trail")
    assert refused.exit_code == 2


def test_the_doctor_names_a_wrong_setting_instead_of_failing(pilot: Pilot) -> None:
    shown = pilot("doctor", PILOT_EDGE_PROT="1")
    assert shown.exit_code == 1
    assert "PILOT_EDGE_PROT is not a known setting; did you mean PILOT_EDGE_PORT?" in shown.stdout


def test_the_health_of_one_service_has_the_runbooks_name_too(pilot: Pilot) -> None:
    pilot("seed")
    for name in ("edge", "api-gateway"):
        shown = pilot("health", "staging", "--service", name, "--json", **NO_PORTS)
        assert [each["name"] for each in json.loads(shown.stdout)["findings"]] == ["edge"]
        assert shown.exit_code == 1
    assert pilot("health", "--service", "nothing").exit_code == 2
    assert pilot("health", "production").exit_code == 2
    assert pilot("health", "--service", "cafes").exit_code == 0


def test_the_daily_health_adds_backup_certificates_queue_and_disk(pilot: Pilot) -> None:
    pilot("seed")
    shown = pilot("health", "--daily", "--json", **NO_PORTS)
    found = {each["name"]: each for each in json.loads(shown.stdout)["findings"]}
    assert found["backup"]["found"] == "there is none"
    assert sum(name.startswith("certificate ") for name in found) == 4
    assert {"queue", "disk"} <= found.keys()


def test_the_metrics_of_a_day_are_shown_for_every_cafe(pilot: Pilot) -> None:
    pilot("seed")
    shown = pilot("kpi", "--day", "2026-11-23", "--json")
    figures = json.loads(shown.stdout)["figures"]
    assert shown.exit_code == 0
    assert len(figures) == 15
    assert {each["verdict"] for each in figures} == {"missing"}
    assert all(len(each["before"]) == 7 for each in figures)
    words = pilot("kpi").stdout
    assert "None missed: 0 met, 0 missed, 0 cannot tell, 15 missing." in words
    assert str(business_day(datetime.now(UTC)) - timedelta(days=1))[:7] in words


def test_errors_in_the_logs_are_counted_and_fail(pilot: Pilot, tmp_path: Path) -> None:
    pilot("seed")
    assert pilot("logs").exit_code == 0
    line = json.dumps({"event": "append failed", "level": "error", "timestamp": "2999-01-01T00:00:00Z"}) + "\n"
    (tmp_path / "home" / ".logs" / "edge.log").write_text(line * 3, encoding="utf-8")
    shown = pilot("logs", "--since", "24h")
    assert shown.exit_code == 1
    assert "3  edge" in shown.stdout
    assert "3 errors of 1 kinds" in shown.stdout
    assert pilot("logs", "--tail", "2", "--service", "api-gateway").stdout.count("append failed") == 2
    assert pilot("logs", "--service", "nothing").exit_code == 2


def test_hosts_that_are_away_fail_the_certificates_and_the_domains(pilot: Pilot, monkeypatch) -> None:
    monkeypatch.setattr("operations.hosts.addresses.QUERY_SECONDS", 0.1)
    certs = pilot("certs", "--json", **AWAY)
    assert certs.exit_code == 1
    assert len(json.loads(certs.stdout)["findings"]) == 4
    domains = pilot("domains", "verify", "--json", **AWAY)
    assert domains.exit_code == 1
    assert len(json.loads(domains.stdout)["findings"]) == 19


def test_the_contact_sheet_is_one_page_and_refused_with_placeholders(pilot: Pilot, tmp_path: Path) -> None:
    assert pilot("contacts", "check").exit_code == 1
    refused = pilot("contacts", "sheet")
    assert refused.exit_code == 1
    assert not (tmp_path / "contacts.pdf").exists()
    filled = GOOD + '[[cafe]]\ncafe = "malmohuset"\nname = "Jonas"\nphone = "+46 40 12 34 56"\n'
    (tmp_path / "contacts.toml").write_text(filled, encoding="utf-8")
    assert "Everybody can be called." in pilot("contacts", "check").stdout
    assert pilot("contacts", "sheet", "-o", "sheet.pdf").exit_code == 0
    pdf = (tmp_path / "sheet.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type/Page/") <= 1


def test_sheets_are_made_for_every_cafe_and_who_got_them_is_recorded(pilot: Pilot, tmp_path: Path) -> None:
    pilot("seed")
    assert pilot("qr", "generate", "--out", "sheets").exit_code == 0
    assert len(list((tmp_path / "sheets").glob("*.pdf"))) == 3
    given = pilot("qr", "distribute", "--to", "Petra", "--cafe", "goteborg", "--out", "given")
    assert given.exit_code == 0
    (name,) = (path.name for path in (tmp_path / "given").iterdir())
    assert name.startswith("goteborg-")
    entry = log_of(tmp_path)[0]
    assert (entry.action, entry.details["to"], entry.details["cafe"]) == ("code.distribute", "Petra", "goteborg")
    assert pilot("qr", "verify", PILOT_PUBLIC_URL="http://127.0.0.1:9").exit_code == 1


def test_a_code_is_retired_and_replaced_with_a_reason_after_a_dry_run(pilot: Pilot, tmp_path) -> None:
    pilot("seed")
    code = json.loads(pilot("qr", "list", "--json").stdout)[0]["code"]
    dry = pilot("codes", "retire", code, "--reason", "torn", "--replace", "--dry-run")
    assert "Nothing was changed." in dry.stdout
    assert len(json.loads(pilot("qr", "list", "--json").stdout)) == 3
    done = pilot("codes", "retire", code, "--reason", "torn", "--replace")
    assert done.exit_code == 0
    listed = [row["code"] for row in json.loads(pilot("qr", "list", "--json").stdout)]
    assert len(listed) == 3
    assert code not in listed
    # The two are of one moment: their order is not defined.
    found = {entry.action: entry for entry in log_of(tmp_path)[:2]}
    assert (found["code.retire"].subject, found["code.retire"].reason) == (code, "torn")
    assert found["code.retire"].details["replaced_by"] == found["code.issue"].subject
    assert found["code.issue"].details["label"] == "table"
    assert found["code.issue"].details["replaces"] == code
    assert "is retired already" in pilot("codes", "retire", code, "--reason", "again").stdout
    assert pilot("codes", "retire", "ZZZZZZ", "--reason", "x").exit_code == 1


def test_a_code_retired_without_a_successor_gets_one_by_the_remedy_of_the_proof(pilot: Pilot) -> None:
    pilot("seed")
    known = json.loads(pilot("qr", "list", "--json").stdout)[0]
    code = known["code"]
    assert pilot("codes", "retire", code, "--reason", "by mistake").exit_code == 0
    pilot("seed")  # makes only a café's first code
    proved = pilot("qr", "verify", PILOT_PUBLIC_URL="http://127.0.0.1:9")
    assert f"`pilot codes retire {code} --replace --reason WHY` issues its successor" in proved.stdout
    assert "--replace would issue" in pilot("codes", "retire", code, "--replace", "--reason", "x", "--dry-run").stdout
    for _ in range(2):  # a second call names the same one
        done = pilot("codes", "retire", code, "--replace", "--reason", "the place has none")
        assert done.exit_code == 0 and "its successor is" in done.stdout
        listed = [row for row in json.loads(pilot("qr", "list", "--json").stdout) if row["cafe"] == known["cafe"]]
        assert len(listed) == 1 and listed[0]["code"] != code and listed[0]["label"] == known["label"]


def test_the_drill_log_names_people_and_days_and_the_drills_nobody_took(pilot: Pilot) -> None:
    assert pilot("training", "record", "Elin Berg", "--drill", "level-1", "--day", "2026-11-20").exit_code == 0
    shown = pilot("training", "list")
    assert shown.exit_code == 1
    assert "2026-11-20  level-1   Elin Berg" in shown.stdout
    assert "Nobody took: level-2" in shown.stdout
    assert pilot("training", "record", "Elin", "--drill", "dance").exit_code == 1
    assert pilot("training", "record", "Elin", "--drill", "level-1", "--day", "2999-01-01").exit_code == 1


def test_a_smoke_test_without_a_running_edge_fails_for_every_cafe(pilot: Pilot) -> None:
    pilot("seed")
    shown = pilot("smoke", "--json", PILOT_PUBLIC_URL="http://127.0.0.1:9")
    assert shown.exit_code == 1
    assert [each["state"] for each in json.loads(shown.stdout)["cafes"]] == ["not_ok"] * 3


def test_the_printed_sheet_names_goteborg_with_its_letters() -> None:
    cafe = read_cafes(Path("cafes.toml")).get("goteborg")
    code = Code("G3QWJ9", "goteborg", "table", datetime(2026, 11, 30, tzinfo=UTC))
    page = PdfReader(io.BytesIO(sheet_pdf(cafe, [code], public_url="https://goteborg.feedbackai.se"))).pages[0]
    assert "Göteborg Café" in page.extract_text()
    assert "goteborg.feedbackai.se/c/G3QWJ9" in page.extract_text()
