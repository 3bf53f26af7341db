"""Format, lint, types and layers in one go; prints what is wrong and exits with 1 on the first kind that fails."""

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
    "types": [str(BIN / "mypy")],
}


def main() -> None:
    """Run every check; show the output of one that fails."""
    failed = False
    for name, command in CHECKS.items():
        begun = time.monotonic()
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        print(f"{name:8} {'ok' if done.returncode == 0 else 'FAILED':7} {time.monotonic() - begun:4.0f} s", flush=True)
        if done.returncode != 0:
            print(done.stdout, done.stderr, sep="", flush=True)
            failed = True
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
