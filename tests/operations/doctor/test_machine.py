"""The machine's size, disk and clock are compared with the required ones."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from operations.doctor import machine

NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970
Usage = namedtuple("Usage", "total free percent")


@pytest.mark.parametrize(("gibibytes", "ok"), [(7.6, True), (8, True), (7.4, False), (4, False)])
def test_eight_gigabytes_of_memory_are_required(monkeypatch, gibibytes: float, ok: bool) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=gibibytes * 2**30))
    finding = machine.ram()
    assert (finding.ok, finding.found, finding.required) == (ok, f"{gibibytes:.1f} GB", "8 GB")


@pytest.mark.parametrize(("cores", "ok"), [(4, True), (2, False)])
def test_four_cores_are_required(monkeypatch, cores: int, ok: bool) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(cores)))
    finding = machine.cores()
    assert (finding.ok, finding.found, finding.required) == (ok, str(cores), "4")


@pytest.mark.parametrize(
    ("total", "free", "ok"), [(100e9, 50e9, True), (93e9, 50e9, True), (80e9, 70e9, False), (200e9, 30e9, False)]
)
def test_a_hundred_gigabytes_and_a_fifth_free_are_required(monkeypatch, tmp_path, total, free, ok) -> None:
    asked = []
    monkeypatch.setattr(psutil, "disk_usage", lambda path: asked.append(path) or Usage(total, free, 0))
    finding = machine.disk(tmp_path / "not" / "yet")
    assert finding.ok is ok, finding
    assert asked == [str(tmp_path)]
    assert finding.required == "100 GB, 20% free"


@pytest.mark.parametrize(
    ("files", "free", "state"), [(1000, 500, "ok"), (1000, 50, "not_ok"), (0, 0, "not_applicable")]
)
def test_a_tenth_of_the_inodes_must_be_free(monkeypatch, tmp_path: Path, files: int, free: int, state: str) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_files=files, f_favail=free))
    assert machine.inodes(tmp_path).state == state


@contextmanager
def time_server(ahead: float) -> Iterator[str]:
    """Answer one query with a clock that is `ahead` seconds."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(10)

        def serve() -> None:
            asked, client = sock.recvfrom(64)
            now = time.time() + ahead + NTP_EPOCH
            stamp = struct.pack("!II", int(now), int(now % 1 * 2**32))
            sock.sendto(bytes([0x24, 1, 0, 0]) + bytes(12) + stamp + asked[40:48] + stamp + stamp, client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{sock.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize(("ahead", "ok", "word"), [(0.0, True, "s"), (3.0, False, "slow"), (-2.0, False, "fast")])
def test_the_clock_is_measured_against_a_time_server(ahead: float, ok: bool, word: str) -> None:
    with time_server(ahead) as server:
        finding = machine.clock(server)
    assert finding.ok is ok, finding
    assert word in finding.found
    assert ok or float(finding.found.split()[0]) == pytest.approx(abs(ahead), abs=0.3)


def test_a_time_server_that_is_silent_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "TIME_SECONDS", 0.1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        finding = machine.clock(f"127.0.0.1:{silent.getsockname()[1]}")
    assert finding.state == "not_ok"
    assert "PILOT_TIME_SERVER" in finding.remedy
