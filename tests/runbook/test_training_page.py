"""The training page has every drill, and each command on it exists."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from cli.main import app
from operations.training import DRILLS
from tests.runbook.lines import ROOT

PAGE = ROOT / "docs" / "operations" / "training.md"
TEXT = PAGE.read_text(encoding="utf-8")
COMMANDS = sorted({words[1] for words in (found.split() for found in re.findall(r"`(pilot [^`]+)`", TEXT))})
SUBCOMMANDS = sorted(
    set(
        re.findall(
            r"`pilot ((?:qr|codes|cafes?|payout|training|backup|account|contacts|domains|quality) [a-z-]+)", TEXT
        )
    )
)


def test_every_drill_has_its_part_of_the_page() -> None:
    assert all(f"## {drill}" in TEXT or f"**{drill}**" in TEXT for drill in DRILLS)
    assert TEXT.count("Drill: ") == 3


@pytest.mark.parametrize(
    "command", [*([each] for each in COMMANDS), *(each.split() for each in SUBCOMMANDS)], ids=" ".join
)
def test_each_command_of_the_page_exists(command: list[str]) -> None:
    shown = CliRunner().invoke(app, [*command, "--help"], prog_name="pilot")
    assert shown.exit_code == 0, shown.output
