"""The changes of the runbook's pages since the pilot began, from the checkout's history."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
PAGES = "docs/operations"
GENERATED = ("coverage.md", "passed.toml", "drills.toml", "rows.toml")
TIMEOUT_SECONDS = 20
MOST = 30


def changed_procedures(since: date, *, until: date, checkout: Path = CHECKOUT) -> list[dict[str, str]] | None:
    """Return the changes of the pages in a period, oldest first; None without a history.

    Args:
        since: The first day.
        until: The last day.
        checkout: The folder of the checkout.
    """
    pages = [f":(exclude){PAGES}/{name}" for name in GENERATED]
    command = [
        "git", "log", "--reverse", "--format=%cs %s", f"--since={since}T00:00", f"--until={until}T23:59:59", "--",
        PAGES, *pages,
    ]  # fmt: skip
    try:
        found = subprocess.run(
            command, cwd=checkout, capture_output=True, text=True, check=True, timeout=TIMEOUT_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return None
    lines = [line.partition(" ") for line in found.stdout.splitlines()]
    return [{"day": day, "change": change} for day, _, change in lines][-MOST:]
