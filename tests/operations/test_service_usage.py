"""The memory and CPU of each running service are in one view; what has ended is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from operations.checks.finding import judged
from operations.health import with_usage
from operations.service_usage import ServiceUsage, running_services, service_usage
from operations.supervisor.supervision import RECORD_NAME


def test_each_running_service_has_its_memory_and_cpu(tmp_path: Path) -> None:
    with subprocess.Popen(
        (sys.executable, "-c", "print(flush=True)\nwhile True: pass"), stdout=subprocess.PIPE
    ) as busy:
        try:
            assert busy.stdout is not None
            busy.stdout.readline()
            record = {"supervisor": os.getpid(), "processes": {"edge": busy.pid, "gone": 2**22 + 1}}
            (tmp_path / RECORD_NAME).write_text(json.dumps(record), encoding="utf-8")
            used = service_usage(tmp_path)
        finally:
            busy.kill()
    assert used.keys() == {"edge"}
    assert used["edge"].memory_mib > 1
    assert used["edge"].cpu_percent > 0


def test_without_a_run_nothing_is_running(tmp_path: Path) -> None:
    assert running_services(tmp_path) == {}
    (tmp_path / RECORD_NAME).write_text("[]", encoding="utf-8")
    assert service_usage(tmp_path, sleep=lambda _: None) == {}


def test_a_services_line_shows_its_memory_and_cpu() -> None:
    edge = judged("edge", ok=True, found="answers")
    shown = with_usage(edge, {"edge": ServiceUsage(memory_mib=407.4, cpu_percent=12.6)})
    assert shown.found == "answers; 407 MiB, 13 % of a core"
    assert with_usage(edge, {}) == edge
