from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pilot.business_days import business_day
from pilot.identifiers import new_identifier
from pilot.settings import Settings
from storage.home import Home, open_home
from storage.landing.segments import publish
from storage.store.cafes import customer_counts
from storage.store.privacy import tombstones
from tests.cli.conftest import Pilot
from tests.events import Story

ROOT = Path(__file__).parents[2]
NAMES = sorted(file.stem.replace("_", "-") for file in (ROOT / "cli/commands").glob("*/[a-z]*.py"))


def opened(tmp_path: Path) -> Home:
    return open_home(Settings(home=tmp_path / "home"))


def test_a_fault_in_the_cafes_file_is_reported_by_field(pilot: Pilot, tmp_path: Path) -> None:
    text = (ROOT / "cafes.toml").read_text(encoding="utf-8").replace('"07:00", "09:00"', '"09:00", "25:00"', 1)
    (tmp_path / "draft.toml").write_text(text, encoding="utf-8")
    refused = pilot("cafes", "check", "draft.toml")
    assert refused.exit_code == 1
    assert 'café "aurora" -> peaks -> 1 -> 2' in refused.stderr


def test_seeding_twice_gives_each_cafe_one_code(pilot: Pilot) -> None:
    first = json.loads(pilot("seed", "--json").stdout)
    again = json.loads(pilot("seed", "--json").stdout)
    assert len(first["codes"]) == 3
    assert sorted(first["new"]) == sorted(first["codes"])
    assert again == first | {"new": []}
    assert "0 new, 3 unchanged." in pilot("seed").stdout


def test_a_code_is_drawn_in_three_formats(pilot: Pilot, tmp_path: Path) -> None:
    code = json.loads(pilot("seed", "--json").stdout)["codes"][0]
    begins = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF"}
    for kind, start in begins.items():
        drawn = pilot("qr", kind, code.lower())
        assert drawn.exit_code == 0
        assert (tmp_path / f"{code}.{kind}").read_bytes().startswith(start)


def test_an_unknown_code_is_not_drawn(pilot: Pilot, tmp_path: Path) -> None:
    refused = pilot("qr", "svg", "BCDFGH")
    assert refused.exit_code == 1
    assert "There is no active code 'BCDFGH'" in refused.stderr
    assert not list(tmp_path.glob("*.svg"))


def test_the_last_report_of_a_days_customers_is_current(pilot: Pilot, tmp_path: Path) -> None:
    assert pilot("counts", "report", "aurora", "2026-11-23", "700").exit_code == 0
    assert "instead of 700" in pilot("counts", "report", "aurora", "2026-11-23", "742").stdout
    row = customer_counts.current(opened(tmp_path).store(), [date(2026, 11, 23)]).row(0, named=True)
    assert (row["cafe"], row["customers"], row["source"], row["simulated"]) == ("aurora", 742, "manager", False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere", "2026-11-22", "7"), "There is no café 'nowhere'."),
        (("aurora", "yesterday", "7"), "'yesterday' is not a day"),
        (("aurora", "2026-11-23", "700000"), "700000 customers cannot be"),
        (("aurora", "2026-11-22", "7"), "2026-11-22 lies before the pilot."),
        (("aurora", str(business_day(datetime.now(UTC)) + timedelta(days=2)), "7"), "has not come yet"),
    ],
)
def test_an_invalid_count_is_refused_with_a_reason(pilot: Pilot, arguments: tuple[str, ...], words: str) -> None:
    refused = pilot("counts", "report", *arguments)
    assert refused.exit_code == 1
    assert words in refused.stderr


def test_scoring_reports_a_faulty_line_by_its_number_and_continues(pilot: Pilot, tmp_path: Path) -> None:
    good = {
        "id": "a",
        "cafe": "aurora",
        "language": "sv",
        "turns": ["Kön vid disken tog tolv minuter klockan åtta, ta in en person till."],
        "kind": "genuine",
    }
    lines = [
        json.dumps(good),
        "{",
        json.dumps({**good, "cafe": "hemligt"}),
        json.dumps({**good, "turns": "hemligt"}),
        json.dumps({**good, "id": "b", "turns": []}),
    ]
    (tmp_path / "sessions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    scored = pilot("score", "sessions.jsonl")
    assert scored.exit_code == 1
    rows = [json.loads(line) for line in scored.stdout.splitlines()]
    assert [row["id"] for row in rows] == ["a", "b"]
    assert rows[0]["score"] > rows[1]["score"]
    assert rows[1]["eligible"] is False
    named = [line.split(":")[0] for line in scored.stderr.splitlines()]
    assert named[:3] == ["line 2", "line 3", "line 4"]
    assert "hemligt" not in scored.stderr


def test_scoring_a_missing_file_is_an_error_without_a_traceback(pilot: Pilot) -> None:
    refused = pilot("score", "nowhere.jsonl")
    assert refused.exit_code == 1
    assert refused.stderr == "The system refused: No such file or directory (nowhere.jsonl).\n"


def test_erasing_writes_a_tombstone_and_needs_a_reason(pilot: Pilot, tmp_path: Path) -> None:
    session = new_identifier(at=datetime(2026, 11, 22, 12, tzinfo=UTC))
    assert pilot("erase", session).exit_code == 2
    assert pilot("erase", "no-session", "--reason", "asked").exit_code == 1
    assert pilot("erase", session, "--reason", "asked").exit_code == 0
    assert tombstones.for_day(opened(tmp_path).store(), date(2026, 11, 22)) == {session}


def test_a_damaged_segment_is_listed_and_salvaged_once(pilot: Pilot, tmp_path: Path) -> None:
    home = opened(tmp_path)
    story = Story(at=datetime(2026, 11, 22, 12, tzinfo=UTC)).opens().starts()
    (name,) = publish(home.segments(), story.events, replica="edge1", identifier=new_identifier())
    path = home.root / "landing" / name.path
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b"{half a li")
    shown = pilot("landing", "status")
    assert shown.exit_code == 1
    assert "1 segments, 1 damaged" in shown.stdout
    assert name.path in pilot("landing", "salvage", "--dry-run").stdout
    assert f"{name.path}: {len(story.events)} lines saved, 1 lost" in pilot("landing", "salvage").stdout
    assert pilot("landing", "status").exit_code == 0
    assert pilot("landing", "salvage").stdout == "No segment is damaged.\n"


def test_the_printed_schemas_equal_the_documents(pilot: Pilot) -> None:
    assert json.loads(pilot("schema", "events").stdout) == json.loads(
        (ROOT / "docs/raw-event.schema.json").read_text(encoding="utf-8")
    )
    assert pilot("schema", "env").stdout == (ROOT / ".env.example").read_text(encoding="utf-8")


def test_health_reports_what_is_missing_with_a_remedy_and_fails(pilot: Pilot) -> None:
    ports = {
        "PILOT_EDGE_PORT": "9",
        "PILOT_DAGSTER_PORT": "9",
        "PILOT_DASHBOARDS_PORT": "9",
        "PILOT_ENTRANCE_PORT": "9",
    }
    unwell = pilot("health", **ports)
    assert unwell.exit_code == 1
    assert "NOT OK  codes" in unwell.stdout
    assert "`pilot qr verify` says how each café gets one." in unwell.stdout
    pilot("seed")
    found = {each["name"]: each for each in json.loads(pilot("health", "--json").stdout)["findings"]}
    assert found["codes"]["ok"] is True
    assert found["edge"]["ok"] is False
    assert "pilot run" in found["edge"]["remedy"]


def test_simulated_days_are_refused_in_a_real_home(pilot: Pilot) -> None:
    pilot("seed")
    refused = pilot("simulate", "--days", "1")
    assert refused.exit_code == 1
    assert "is a real home; a demo one was expected" in refused.stderr


def test_simulated_days_land_once(pilot: Pilot) -> None:
    assert "2 days landed" in pilot("simulate", "--days", "2").stdout
    assert "0 days landed" in pilot("simulate", "--days", "2").stdout
    assert '"kind": "demo"' in pilot("seed", "--json").stdout


def test_a_journey_without_a_running_edge_names_the_command_to_start_it(pilot: Pilot) -> None:
    pilot("seed")
    refused = pilot("journey", "aurora", "--mode", "text", PILOT_PUBLIC_URL="http://127.0.0.1:9")
    assert refused.exit_code == 1
    assert "The customer's page does not answer" in refused.stderr
    assert "pilot run" in refused.stderr


@pytest.mark.parametrize("name", NAMES)
def test_the_help_of_a_subcommand_has_no_completion_options(pilot: Pilot, name: str) -> None:
    assert "install-completion" not in pilot(name, "-h").output


def test_an_erasure_is_carried_out_and_its_status_is_printed_as_text_and_json(pilot: Pilot, tmp_path: Path) -> None:
    home = opened(tmp_path)
    story = (
        Story(at=datetime(2026, 11, 22, 12, tzinfo=UTC)).opens().starts().says("Bullarna var sega i dag", mode="text")
    )
    publish(home.segments(), story.events, replica="edge1", identifier=new_identifier())
    begun = pilot("erase", "--session", story.session_id, "--reason", "asked")
    assert begun.exit_code == 0, begun.output
    assert "rewritten, due" in begun.stdout
    assert home.segments().list(date(2026, 11, 22)) == []
    assert "1 not done, 0 late" in pilot("erase", "--status").stdout
    done = json.loads(pilot("erase", "--run", "--at-once", "--json").stdout)
    assert [(each["session_id"], each["state"]) for each in done] == [(story.session_id, "done")]
    assert pilot("erase", "--session", story.session_id, "--reference", "K7M2QP", "--reason", "x").exit_code == 1
    assert "No receipt has that address" in pilot("erase", "--receipt", "https://x/r/secret", "--reason", "x").stderr
