"""The report over 10 000 SIMULATED cafés: its pages and its data file, in seconds and memory.

    python -m benchmarks.report.team_version [--cafes 10000] [--days 30] [--language sv] [--out FOLDER]

First it writes the tables that the report reads (`benchmarks/report/many_cafes_month.py`), in a home of its own. Then
`pilot report` runs as a process of its own; its CPU seconds and its highest memory are those of that process.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from pypdf import PdfReader

from benchmarks.many_cafes_home import ROOT, open_large_home
from benchmarks.report.many_cafes_month import fill_month

LAST = date(2026, 12, 22)  # the thirtieth day of the pilot of `cafes.toml`


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cafes", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--language", default="sv", choices=("sv", "en"))
    parser.add_argument("--out", type=Path, help="where the report's files are copied to")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="team-") as folder:
        began = time.monotonic()
        home = open_large_home(Path(folder), cafes=chosen.cafes)
        sessions = fill_month(home, last=LAST, days=chosen.days)
        made_in = time.monotonic() - began
        print(f"SIMULATED: {chosen.cafes} cafés, {chosen.days} days, {sessions} sessions, made in {made_in:.0f} s")
        began = time.monotonic()
        period = f"{home.cafes().pilot.days}-days"
        subprocess.run(
            [sys.executable, "-c", "from cli.main import main; main()", "report", f"--period={period}",
             f"--language={chosen.language}"],
            check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        made = home.root / "reports"
        pages = len(PdfReader(io.BytesIO(next(made.glob("*/*.pdf")).read_bytes())).pages)
        print(
            f"report: {time.monotonic() - began:.1f} s, {used.ru_utime + used.ru_stime:.1f} CPU s, "
            f"{used.ru_maxrss / 1024:.0f} MiB, {pages} pages, "
            + ", ".join(f"{each.name} {each.stat().st_size / 1e6:.1f} MB" for each in sorted(made.glob("*/*")))
        )
        if chosen.out:
            shutil.copytree(made, chosen.out, dirs_exist_ok=True)


if __name__ == "__main__":
    main()
