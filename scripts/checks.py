"""Checks format, lint, types, layers, licences and English; exits with 1 if there are faults."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
CHECKS = {
    "format": [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
    "lint": [str(BIN / "ruff"), "check", "--quiet", "."],
    "layers": [str(BIN / "lint-imports")],
    "licences": [sys.executable, "scripts/licences.py"],
    "english": [sys.executable, "scripts/english.py"],
    "types": [str(BIN / "mypy")],
}


def main() -> None:
    """Run every check; show the output of one that fails, and the measures of the English."""
    failed = False
    for name, command in CHECKS.items():
        begun = time.monotonic()
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        print(f"{name:9} {'ok' if done.returncode == 0 else 'FAILED':7} {time.monotonic() - begun:4.0f} s", flush=True)
        if done.returncode != 0 or name == "english":
            print(done.stdout, done.stderr, sep="", end="", flush=True)
        failed = failed or done.returncode != 0
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
