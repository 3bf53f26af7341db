"""Pre-flight checks of what the pilot depends on: containers, Stripe, Redis, Ollama, backup storage."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from pathlib import Path

import redis

from operations.backup.catalog import backup_folder
from operations.checks.finding import Finding, judged, not_applicable
from payouts.stripe.own_account import COUNTRY, CURRENCY, own_account
from pilot.settings import Settings
from storage.landing.create_only import race

LEAST_DOCKER = (24, 0)
LEAST_COMPOSE = (2, 0)
COMMAND_SECONDS = 5.0
REDIS_SECONDS = 2.0
PROBE_BYTES = 64 * 1024
PROBE_KEY_SECONDS = 10


def docker(*, asked: bool) -> Finding:
    """Check the versions of Docker and of Compose, if containers are to be used."""
    required = "Docker 24 and Compose v2"
    if not asked:
        return not_applicable("docker", "no containers are planned; --containers checks them", required=required)
    engine, compose = _version(("docker", "--version")), _version(("docker", "compose", "version"))
    shown = f"Docker {_dotted(engine)}, Compose {_dotted(compose)}"
    remedy = "Install docker-compose-plugin (v2); the old `docker-compose` is not supported."
    return judged(
        "docker",
        ok=(engine or (0,)) >= LEAST_DOCKER and (compose or (0,)) >= LEAST_COMPOSE,
        found=shown,
        required=required,
        remedy=remedy if engine else "Install Docker Engine and docker-compose-plugin.",
    )


def stripe(settings: Settings) -> Finding:
    """Check that the Stripe account can transfer kronor in Sweden, and show the key's mode."""
    required = f"country {COUNTRY}, currency {CURRENCY}, transfers active"
    found = own_account(settings)
    if found is None:
        return not_applicable("stripe", "no key: rewards are vouchers, and payouts go to the fake", required=required)
    return judged(
        "stripe",
        ok=found.is_usable,
        found=f"{found.mode} mode, country {found.country or 'unknown'}, currency {found.currency or 'unknown'}, "
        f"transfers {found.transfers or 'not requested'}, bank payouts {'on' if found.payouts_enabled else 'off'}",
        required=required,
        remedy="Finish the account's onboarding for Connect in Stripe's dashboard: docs/stripe.md.",
    )


def redis_server(settings: Settings) -> Finding:
    """Ping Redis, and write, read and delete a key."""
    url = settings.redis_url.get_secret_value()
    if not url:
        return not_applicable("redis", "PILOT_REDIS_URL is empty: one edge replica needs none")
    key, value = f"pilot-doctor-{secrets.token_hex(8)}", secrets.token_hex(8)
    try:
        with redis.Redis.from_url(url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS) as client:
            client.ping()
            client.set(key, value, ex=PROBE_KEY_SECONDS)
            read = client.get(key)
            client.delete(key)
    except (redis.RedisError, OSError, ValueError) as error:
        return judged(
            "redis",
            ok=False,
            found=f"does not answer ({type(error).__name__})",
            required="PING, and a key written and read",
            remedy="Start it, or correct PILOT_REDIS_URL; with one edge replica leave it empty.",
        )
    return judged(
        "redis",
        ok=read == value.encode(),
        found="a key was written, read and deleted",
        required="PING, and a key written and read",
        remedy="It does not return what was written: is it a read-only replica?",
    )


def backup_storage(settings: Settings) -> Finding:
    """Write, read and delete a file where backups are kept."""
    folder = backup_folder(settings)
    place = next(each for each in (folder, *folder.parents) if each.exists())
    required = "a file written, read and deleted, and a key to seal backups"
    probe, content = place / f".pilot-doctor-{secrets.token_hex(8)}", secrets.token_bytes(PROBE_BYTES)
    try:
        _write(probe, content)
        same = probe.read_bytes() == content
    finally:
        probe.unlink(missing_ok=True)
    sealed = bool(settings.backup_key.get_secret_value())
    shown = "written, read and deleted" if same else "another content was read than written"
    created = "" if place == folder else f", {folder.name} does not exist yet"
    return judged(
        "backups",
        ok=same and sealed,
        found=f"{shown} in {place}{created}{'' if sealed else '; PILOT_BACKUP_KEY is empty'}",
        required=required,
        remedy="Set PILOT_BACKUP_KEY, and keep a copy elsewhere." if same else "Replace this disk.",
    )


def bucket(settings: Settings) -> Finding:
    """Let two create-only puts race in each bucket of the landing and the lake; one of them must win."""
    urls = [url for url in dict.fromkeys((settings.landing_url, settings.lake_url)) if url and "://" in url]
    if not urls:
        return not_applicable("bucket", "no bucket: landing and lake are folders of the home")
    races = {url: race(url) for url in urls}
    shown = "\n".join(
        f"{url}: {each.rounds} races, both won {each.both}, none won {each.none}, overwritten {each.overwritten}"
        for url, each in races.items()
    )
    return judged(
        "bucket",
        ok=all(each.ok for each in races.values()),
        found=shown,
        required="exactly one of two create-only puts wins",
        remedy="This store ignores If-None-Match, so that data can be overwritten: use another one.",
    )


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _version(command: tuple[str, ...]) -> tuple[int, ...] | None:
    """Return a command's version; None if there is no such command, or it fails."""
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"(\d+)\.(\d+)", done.stdout) if done.returncode == 0 else None
    return None if found is None else (int(found[1]), int(found[2]))


def _dotted(version: tuple[int, ...] | None) -> str:
    return "not found" if version is None else ".".join(map(str, version))
