"""A bare host for proofs: Debian's smallest system in a folder, with processes and mounts of its own.

It is a chroot in namespaces of Linux, and shares the network. It has nothing of this checkout or its environment.
debootstrap makes it, as root.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "pilot-containers"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TRUSTED = "/usr/local/share/authorities.crt"  # this machine's, for package registries behind its proxy
ENTER = """
set -e
mount --bind "$0" "$0"
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
mount --rbind /sys "$0/sys"
exec chroot "$0" /bin/bash -c 'echo up; sleep infinity & wait'
"""
NAMESPACES = ("--mount", "--propagation", "private", "--pid", "--fork", "--kill-child")
PROGRAMS = ("debootstrap", "unshare", "nsenter", "chroot")
LINES_SHOWN = 25
POLL_SECONDS = 0.5
STOP_SECONDS = 120.0


class StepFailed(Exception):
    """A command on the host failed; the text has the end of its output."""


@dataclass(frozen=True, slots=True)
class Step:
    """A timed step.

    Attributes:
        name: What was done.
        seconds: How long it took.
    """

    name: str
    seconds: float


@dataclass
class BareHost:
    """A host in a folder.

    Attributes:
        root: Its root folder.
        first: Its first process, as this machine numbers it; every other one is started beside it.
        steps: The steps that were timed, in their order.
    """

    root: Path
    first: int
    steps: list[Step] = field(default_factory=list)

    def run(
        self,
        name: str,
        command: str,
        *,
        folder: str = "/root",
        variables: Mapping[str, str] | None = None,
        seconds: float = 1800,
        expect: int | None = 0,
    ) -> str:
        """Run a command line of a shell, time it, and return its output.

        Args:
            name: What it does; a step without a name is not noted.
            command: The command line.
            folder: Where, on the host.
            variables: Its environment in addition.
            seconds: The longest that it may take.
            expect: The exit code; None for any.

        Raises:
            StepFailed: it ended with another exit code.
        """
        began = time.monotonic()
        done = subprocess.run(
            self._entered(command, folder, variables or {}), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", timeout=seconds, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self._note(name, began)
        if expect is not None and done.returncode != expect:
            raise StepFailed(f"$ {command}\nexit code {done.returncode}, expected {expect}:\n{_end(done.stdout)}")
        return done.stdout

    @contextlib.contextmanager
    def running(
        self,
        name: str,
        command: str,
        *,
        ready: str,
        folder: str,
        program: str,
        variables: Mapping[str, str] | None = None,
        seconds: float = 1800,
    ) -> Iterator[Path]:
        """Run a command within a `with` block, entered when it has printed a text; yield its output's file.

        Args:
            name: What it does.
            command: The command line.
            ready: The text.
            folder: Where, on the host.
            program: A part of the command line of the process that gets Ctrl-C at the end.
            variables: Its environment in addition.
            seconds: The longest until the text.

        Raises:
            StepFailed: it ended before, or took longer.
        """
        began, log = time.monotonic(), self.root / "tmp" / "running.log"
        with log.open("wb") as file:
            process = psutil.Popen(
                self._entered(command, folder, variables or {}), stdout=file, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        try:
            while ready not in log.read_text("utf-8", "replace"):
                if process.poll() is not None or time.monotonic() - began > seconds:
                    raise StepFailed(
                        f"$ {command}\n{ready!r} was not printed:\n{_end(log.read_text(errors='replace'))}"
                    )
                time.sleep(POLL_SECONDS)
            self._note(name, began)
            yield log
        finally:
            _interrupt(process, program)

    def _entered(self, command: str, folder: str, variables: Mapping[str, str]) -> list[str]:
        own = {"PATH": SYSTEM_PATH, "HOME": "/root", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        given = {**own, "SSL_CERT_FILE": TRUSTED, "PIP_CERT": TRUSTED, **variables}
        assignments = [f"{name}={value}" for name, value in given.items()]
        shell = ("/bin/bash", "-c", f"cd {folder} && {command}")
        inside = ("nsenter", f"--target={self.first}", "--mount", "--pid", "--root", "--wd")
        return [*inside, "/usr/bin/env", "-i", *assignments, *shell]

    def _note(self, name: str, began: float) -> None:
        if name:
            self.steps.append(Step(name, time.monotonic() - began))
            print(f"{self.steps[-1].seconds:>8.1f} s  {name}", flush=True)


def missing() -> str:
    """Return why there can be no bare host here; empty if there can."""
    if os.geteuid() != 0:
        return "needs root"
    absent = [program for program in PROGRAMS if shutil.which(program, path=SYSTEM_PATH) is None]
    return f"needs {', '.join(absent)}" if absent else ""


@contextlib.contextmanager
def bare_host(folder: Path) -> Iterator[BareHost]:
    """Make a host in a folder that does not exist, and remove it at the end."""
    root = folder / "host"
    root.mkdir(parents=True)
    try:
        subprocess.run(("tar", "-C", str(root), "-xf", str(_system())), check=True)
        shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
        shutil.copy(AUTHORITIES, root / TRUSTED.lstrip("/"))
        with _first_process(root) as first:
            yield BareHost(root, first)
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextlib.contextmanager
def _first_process(root: Path) -> Iterator[int]:
    """Run the process whose end ends every other one of the host; yield its number."""
    started = psutil.Popen(
        ["unshare", *NAMESPACES, "/bin/sh", "-c", ENTER, str(root)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert started.stdout.readline() == "up\n", "the host's namespaces cannot be made here"
        (first,) = started.children()
        yield first.pid
    finally:
        started.kill()
        started.wait(STOP_SECONDS)
        started.stdout.close()


def _system() -> Path:
    """Return the archive of Debian's smallest system, made once."""
    archive, root = CACHE / "bookworm.tar", CACHE / "bare"
    if archive.exists():
        return archive
    shutil.rmtree(root, ignore_errors=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    program = shutil.which("debootstrap", path=SYSTEM_PATH)
    assert program is not None, missing()
    command = (program, "--variant=minbase", "--include=ca-certificates", "bookworm", str(root))
    subprocess.run(command, check=True, capture_output=True, timeout=900)
    made = archive.with_suffix(".new")
    subprocess.run(("tar", "-C", str(root), "-cf", str(made), "."), check=True)
    made.rename(archive)
    shutil.rmtree(root)
    return archive


def _interrupt(process: psutil.Popen, program: str) -> None:
    """End the program as Ctrl-C does, wait for it, and end what is left of its namespace."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in process.children(recursive=True):
            words = child.cmdline()
            if words and "python" in words[0] and program in " ".join(words):  # not the shell that names it
                child.send_signal(signal.SIGINT)
                break
        with contextlib.suppress(subprocess.TimeoutExpired, psutil.TimeoutExpired):
            process.wait(STOP_SECONDS)
        if process.poll() is None:
            process.kill()
            process.wait(STOP_SECONDS)


def _end(text: str) -> str:
    return "\n".join(text.splitlines()[-LINES_SHOWN:])
