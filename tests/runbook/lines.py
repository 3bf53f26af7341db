"""The command lines of the runbook's text, and the table of how each is tried."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = ROOT / "tests" / "data" / "pilot-runbook.md"
TABLE = Path(__file__).with_name("lines.toml")
SCRIPTS = ROOT / "scripts"
BLOCK = re.compile(r"^[ \t]*```bash\n(.*?)^[ \t]*```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Line:
    """A command line, with the arguments of `pilot` that it runs, or the reason why it is not run."""

    text: str
    script: tuple[str, ...] = ()
    away: str = ""
    to_come: bool = False
    only_help: str = ""


def command_lines() -> list[str]:
    """Return every command of the runbook once, in its order; comments are left out."""
    found: dict[str, None] = {}
    for block in BLOCK.findall(RUNBOOK.read_text(encoding="utf-8")):
        for raw in block.splitlines():
            if (text := raw.strip()) and not text.startswith("#"):
                found[text] = None
    return list(found)


def table() -> dict[str, Line]:
    """Return the table by command line."""
    tree = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {text: Line(text, **{**row, "script": tuple(row.get("script", ()))}) for text, row in tree.items()}


def passed_arguments(line: str, folder: Path) -> tuple[str, ...]:
    """Run a line on copies of the scripts; return the arguments that `pilot` gets."""
    fake = folder / ".venv" / "bin" / "pilot"
    if not fake.exists():
        fake.parent.mkdir(parents=True)
        fake.write_text('#!/bin/sh\nfor each in "$@"; do printf "%s\\n" "$each"; done\n', encoding="utf-8")
        fake.chmod(0o755)
        shutil.copytree(SCRIPTS, folder / "scripts", ignore=lambda _, names: [n for n in names if n[-3:] != ".sh"])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PILOT_")}
    done = subprocess.run(("sh", "-c", line), cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return tuple(done.stdout.splitlines())
