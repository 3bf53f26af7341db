"""The archive of an incident: planted secrets, voices and guests' words are in no byte of it."""

from __future__ import annotations

import gzip
import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from operations.incidents.capture import Capture, capture
from operations.incidents.log_lines import safe_lines
from operations.incidents.secret_values import redacted_settings, secret_values
from operations.system import CHECKOUT, make_system
from pilot.settings import read_settings
from storage.home import Home, open_home
from storage.store.incidents import incidents

NOW = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
WORDS = ("hjortronsylten smakade kattmat", "hjortronsylten", "kattmat")
SECRETS = {
    "PILOT_SECRET_KEY": "kanelbulle-kardemumma-123456",
    "PILOT_STRIPE_KEY": "sk_test_plantedsecret51H",
    "PILOT_STRIPE_WEBHOOK_SECRET": "whsec_plantedone,whsec_plantedtwo",
    "PILOT_BACKUP_KEY": "backup-key-planted-0001",
    "PILOT_PROBE_TOKEN": "probe-token-planted-0001",
    "PILOT_COUNTS_TOKENS": "aurora=counts-token-planted-1,malmohuset=counts-token-planted-2",
    "PILOT_OIDC_CLIENT_SECRET": "oidc-secret-planted-0001",
    "PILOT_REDIS_URL": "redis://:redis-password-planted@127.0.0.1:1/0",
}
UNKNOWN = ("sk_live_somebodyelses99", "Bearer abc.def-ghi", "eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl")
VOICE = bytes(range(1, 255)) * 20


def plant(home: Home) -> None:
    """Put each secret, a guest's words and a voice wherever a program could have put them."""
    logs, run = home.root / ".logs", home.root / ".run"
    for folder in (logs, run, home.root / "landing/words"):
        folder.mkdir(parents=True, exist_ok=True)
    planted = [*WORDS, *SECRETS.values(), *UNKNOWN, *(part for each in SECRETS.values() for part in each.split(","))]
    lines = [json.dumps({"event": "edge starts", "level": "info", "timestamp": NOW.isoformat(), "replica": "edge1"})]
    for text in planted:
        lines += [
            text,
            json.dumps({"event": text, "level": "info"}),
            json.dumps({"event": "session opened", "cafe": "aurora", "kind": text, "reason": text, "words": text}),
            json.dumps({"event": "edge starts", "cafes": ["aurora", text], "nested": {"level": text}}),
            "Traceback (most recent call last):",
            f'  File "{CHECKOUT}/voice_edge/edge.py", line 12, in run',
            f'  File "/home/{text}/x.py", line 1, in {text}',
            f"ValueError: {text}",
            f"voice_edge.{text}Error: nothing",
        ]
    (logs / "edge.log").write_text("\n".join(lines), encoding="utf-8")
    (logs / f"{WORDS[1]}.log").write_text("x", encoding="utf-8")
    alerts = [{"name": text, "subject": text, "text": text, "severity": "high", "state": text} for text in planted]
    (run / "alerts.ndjson").write_text("\n".join(map(json.dumps, alerts)), encoding="utf-8")
    (run / f"{WORDS[1]}.json").write_text(json.dumps(planted), encoding="utf-8")
    (home.root / f"landing/words/{WORDS[1]}.ndjson").write_text(" ".join(planted), encoding="utf-8")
    for folder in (logs, run, home.root / "landing/words"):
        (folder / "voice.wav").write_bytes(VOICE)
    (logs / "watch.log").write_bytes(VOICE + b"\n" + VOICE)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Capture]:
    root = tmp_path_factory.mktemp("capture")
    variables = {**SECRETS, "PILOT_HOME": str(root / "home"), "PILOT_CAFES_FILE": str(CHECKOUT / "cafes.toml")}
    variables |= {"PILOT_EDGE_PORT": "9", "PILOT_OLLAMA_URL": "http://user:ollama-password@127.0.0.1:9"}
    home = open_home(read_settings(variables))
    home.secret()
    plant(home)
    incident = incidents.open_incident(
        home.store(), kind="security", severity=1, title=WORDS[0], cafes=["aurora"], actor="siv"
    )
    incidents.add_note(home.store(), incident.id, kind="note", note=f"A guest said: {WORDS[0]}", actor="siv")
    return home, capture(make_system(home, environment=variables), incident, now=NOW)


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        return {each.name: archive.extractfile(each).read() for each in archive.getmembers()}


def test_no_byte_of_the_archive_holds_a_secret_a_voice_or_a_guests_words(planted: tuple[Home, Capture]) -> None:
    home, written = planted
    everything = written.path.read_bytes() + gzip.decompress(written.path.read_bytes())
    everything += b"".join(members(written.path).values())
    secrets = [part for each in SECRETS.values() for part in each.replace("=", ",").split(",") if "planted" in part]
    for text in (*WORDS, *SECRETS.values(), *secrets, *UNKNOWN, "redis-password", "ollama-password"):
        assert text.encode() not in everything, text
    assert all(secret not in everything for secret in secret_values(home))
    assert all(VOICE[at : at + 16] not in everything for at in range(0, 255, 16))


def test_the_archive_is_still_of_use(planted: tuple[Home, Capture]) -> None:
    home, written = planted
    found = members(written.path)
    assert {"versions.json", "settings.json", "database.json", "queue.json", "metrics.txt"} <= set(found)
    log = found["logs/edge.ndjson"].decode()
    assert '"event": "edge starts"' in log and '"cafe": "aurora"' in log and "left_out" in log
    assert "  voice_edge/edge.py:12" in log and "\nValueError\n" in log
    assert json.loads(found["database.json"])["tables"]["incidents"] == 1
    settings = json.loads(found["settings.json"])
    assert (settings["stripe_key"], settings["edge_port"], settings["oidc_client_id"]) == ("(set)", 9, "")
    assert settings["ollama_url"] == "http://127.0.0.1:9"
    assert [each["kind"] for each in json.loads(found["incident.json"])] == ["opened", "note"]
    assert written.path.stat().st_mode & 0o777 == 0o600 and written.path.parent.stat().st_mode & 0o777 == 0o700
    manifest = json.loads(found["manifest.json"])
    assert set(manifest["sha256"]) == set(found) - {"manifest.json"}
    assert redacted_settings(home.settings)["secret_key"] == "(set)"


@pytest.mark.parametrize(
    ("line", "safe"),
    [
        ({"event": "edge starts", "level": "info"}, {"event": "edge starts", "level": "info"}),
        ({"event": "what a guest said", "level": "info"}, {"event": "(an event of another program)", "level": "info"}),
        ({"event": "what a guest said"}, {"left_out": 1}),
        ({"event": "edge starts", "kind": "OperationalError"}, {"event": "edge starts", "kind": "OperationalError"}),
        ({"event": "edge starts", "kind": "kattmat"}, {"event": "edge starts"}),
        ({"event": "edge starts", "seconds": 1.5}, {"event": "edge starts", "seconds": 1.5}),
        ({"event": "edge starts", "cafe": "elsewhere"}, {"event": "edge starts"}),
        (["edge starts"], {"left_out": 1}),
        (17, {"left_out": 1}),
    ],
)
def test_a_line_keeps_known_events_figures_and_codes_only(line: object, safe: object) -> None:
    assert [json.loads(each) for each in safe_lines([json.dumps(line)], cafes=["aurora"])] == [safe]
