"""What the pilot depends on is checked: Redis, Stripe, Docker, Ollama, the backups' disk."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from operations.doctor import dependencies
from operations.doctor.ollama import ollama
from payouts.rail import ProviderError
from payouts.stripe import own_account
from pilot.settings import Settings
from tests.answering import Answer, answering
from tests.ports import free_ports
from tests.waiting import until

ACCOUNT = {
    "id": "acct_1",
    "object": "account",
    "country": "SE",
    "default_currency": "sek",
    "payouts_enabled": True,
    "capabilities": {"transfers": "active"},
}


def program(folder: Path, script: str) -> None:
    path = folder / "docker"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("script", "ok", "found"),
    [
        ('[ "$1" = compose ] && echo "Docker Compose version v2.29.1" || echo "Docker version 28.2.2"', True, "2.29"),
        ('[ "$1" = compose ] && exit 1; echo "Docker version 28.2.2"', False, "Docker 28.2, Compose not found"),
        ('[ "$1" = compose ] && echo "version v2.29" || echo "Docker version 20.10.5"', False, "Docker 20.10"),
        ("exit 1", False, "Docker not found"),
    ],
)
def test_docker_24_and_compose_v2_are_required(monkeypatch, tmp_path: Path, script, ok, found) -> None:
    program(tmp_path, script)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    finding = dependencies.docker(asked=True)
    assert finding.ok is ok, finding
    assert found in finding.found


def test_docker_is_not_applicable_unless_containers_are_planned(monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert dependencies.docker(asked=False).state == "not_applicable"
    assert "not found" in dependencies.docker(asked=True).found


@pytest.mark.parametrize(
    ("changed", "ok"),
    [
        ({}, True),
        ({"country": "NO"}, False),
        ({"default_currency": "eur"}, False),
        ({"capabilities": {"transfers": "pending"}}, False),
        ({"capabilities": None}, False),
        ({"payouts_enabled": False}, False),
    ],
)
def test_the_stripe_account_must_transfer_kronor_in_sweden(changed: dict, ok: bool) -> None:
    with answering({"/v1/account": Answer(body=ACCOUNT | changed)}) as server:
        finding = dependencies.stripe(Settings(stripe_key="sk_test_x", stripe_url=server.url))
    assert finding.ok is ok, finding
    assert "fake mode" in finding.found
    assert server.requests[0][2]["Authorization"] == "Bearer sk_test_x"


@pytest.mark.parametrize(("key", "mode"), [("sk_live_x", "live"), ("sk_test_x", "test"), ("rk_live_x", "live")])
def test_the_mode_of_a_key_is_shown(monkeypatch, key: str, mode: str) -> None:
    with answering({"/v1/account": Answer(body=ACCOUNT)}) as server:
        stripes_own = own_account.make_client
        monkeypatch.setattr(own_account, "make_client", lambda _, url: stripes_own("sk_test_x", url=server.url))
        finding = dependencies.stripe(Settings(stripe_key=key))
    assert finding.found.startswith(f"{mode} mode, country SE")


def test_a_refused_key_is_an_error_and_no_key_is_not_applicable() -> None:
    refusal = Answer(401, {"error": {"type": "invalid_request_error", "message": "no"}})
    with answering({"/v1/account": refusal}) as server, pytest.raises(ProviderError, match="does not know our key"):
        dependencies.stripe(Settings(stripe_key="sk_test_x", stripe_url=server.url))
    assert dependencies.stripe(Settings()).state == "not_applicable"


@pytest.mark.redis
def test_redis_is_pinged_written_and_read(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    settings = Settings(redis_url=f"redis://127.0.0.1:{port}/0")
    assert "ConnectionError" in dependencies.redis_server(settings).found
    redis = shutil.which("redis-server") or "redis-server"
    command = [redis, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            until(lambda: "Ready to accept" in process.stdout.readline(), what="Redis")
            finding = dependencies.redis_server(settings)
            assert finding.ok, finding
            assert finding.found == "a key was written, read and deleted"
        finally:
            process.kill()


def test_redis_is_not_applicable_without_an_address() -> None:
    assert dependencies.redis_server(Settings()).state == "not_applicable"


def test_the_backup_storage_is_written_read_and_left_as_it_was(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", backup_folder=tmp_path / "backups", backup_key="k" * 20)
    missing = dependencies.backup_storage(settings)
    assert missing.ok, missing
    assert "backups does not exist yet" in missing.found
    (tmp_path / "backups").mkdir()
    assert dependencies.backup_storage(settings).ok
    assert list(tmp_path.rglob("*")) == [tmp_path / "backups"]
    unsealed = dependencies.backup_storage(settings.model_copy(update={"backup_key": Settings().backup_key}))
    assert "PILOT_BACKUP_KEY is empty" in unsealed.found


def test_a_backup_disk_that_cannot_be_written_is_an_error(tmp_path: Path, monkeypatch) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(dependencies, "_write", full)
    with pytest.raises(OSError, match="No space left"):
        dependencies.backup_storage(Settings(home=tmp_path / "home"))


def ollama_answers(*, listed: list[str], loaded: list[str]) -> dict[str, Answer]:
    return {
        "/api/version": Answer(body={"version": "0.9.1"}),
        "/api/tags": Answer(body={"models": [{"name": name} for name in listed]}),
        "/api/ps": Answer(body={"models": [{"name": name} for name in loaded]}),
        "/api/chat": Answer(body={"message": {"role": "assistant", "content": "Hej"}, "done": True}),
    }


@pytest.mark.parametrize(
    ("model", "listed", "loaded", "ok", "found"),
    [
        ("llama3.2:1b", ["llama3.2:1b"], ["llama3.2:1b"], True, "loaded, one token in 0.50 s"),
        ("llama3.2:1b", ["llama3.2:1b"], [], True, "not loaded"),
        ("llama3.2:1b", ["mistral:7b"], [], False, "without llama3.2:1b"),
        ("mistral:7b", ["mistral:7b"], ["mistral:7b"], False, "PILOT_OLLAMA_MODEL is mistral:7b"),
    ],
)
def test_ollama_must_have_llama_3_2(model, listed, loaded, ok, found) -> None:
    ticks = iter((0.0, 0.5))
    with answering(ollama_answers(listed=listed, loaded=loaded)) as server:
        finding = ollama(Settings(ollama_url=server.url, ollama_model=model), clock=lambda: next(ticks))
    assert finding.ok is ok, finding
    assert found in finding.found


def test_a_slow_first_token_fails_and_a_silent_ollama_is_named() -> None:
    ticks = iter((0.0, 2.5))
    with answering(ollama_answers(listed=["llama3.2:1b"], loaded=["llama3.2:1b"])) as server:
        slow = ollama(Settings(ollama_url=server.url), clock=lambda: next(ticks))
    assert (slow.state, "2.50 s" in slow.found) == ("not_ok", True)
    away = ollama(Settings(ollama_url=server.url))
    assert "does not answer" in away.found
    assert ollama(Settings(interviewer="scripted")).state == "not_applicable"
    assert os.environ.get("OLLAMA_HOST") is None or away.state == "not_ok"
