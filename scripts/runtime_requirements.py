"""Print the part of requirements.lock that the pilot runs with, without the tools of development.

    python3 scripts/runtime_requirements.py > runtime.lock

For the image: versions and hashes stay those of the lock file. Uses only Python's own modules.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
PRODUCT = "cafe-feedback (pyproject.toml)"
ENTRY = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==.*?(?=^[A-Za-z0-9]|\Z)", re.MULTILINE | re.DOTALL)
REASON = re.compile(r"^    # +(?:via )?(?P<by>\S.*)$", re.MULTILINE)


def runtime(lock: str) -> str:
    """Return the entries that the product needs, itself or through another package."""
    entries = [(found["name"], found.group()) for found in ENTRY.finditer(lock)]  # A name has one for each Python.
    needed_by: dict[str, set[str]] = {}
    for name, text in entries:
        needed_by.setdefault(name, set()).update(each["by"] for each in REASON.finditer(text))
    kept = {name for name, by in needed_by.items() if PRODUCT in by}
    while more := {name for name, by in needed_by.items() if name not in kept and by & kept}:
        kept |= more
    return "".join(text for name, text in entries if name in kept)


if __name__ == "__main__":
    sys.stdout.write(runtime(LOCK.read_text(encoding="utf-8")))
