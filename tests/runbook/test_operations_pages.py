"""Every command that the pages of operations name exists, with its subcommand."""

from __future__ import annotations

import re
import warnings
from datetime import UTC, date, datetime, timedelta

import pytest
import typer.main
from typer.core import TyperGroup

from cli.main import app
from tests.runbook.lines import ROOT

LONGEST_WITHOUT_REVIEW = timedelta(days=31)
PAGES = sorted(path for path in (ROOT / "docs" / "operations").glob("*.md") if path.name != "coverage.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_command_of_a_page_exists(page) -> None:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    context = root.make_context("pilot", ["run"], resilient_parsing=True)
    named = set(re.findall(r"`pilot ([a-z][a-z-]+)(?: ([a-z][a-z-]+))?", page.read_text(encoding="utf-8")))
    unknown = []
    for name, sub in sorted(named):
        if name not in root.list_commands(context):
            unknown.append(name)
            continue
        _, command, _ = root.resolve_command(context, [name])
        if isinstance(command, TyperGroup) and sub and sub not in command.commands:
            unknown.append(f"{name} {sub}")
    assert unknown == []


def test_the_playbook_of_a_security_incident_has_the_72_hours() -> None:
    text = (ROOT / "docs" / "operations" / "incidents.md").read_text(encoding="utf-8")
    playbook = text[text.index("### Playbook for a security incident") :]
    for part in (
        "--kind security",
        "pilot incident capture",
        "pilot payout stop",
        "| 72 h | ",
        "--authority",
        "--cause",
    ):
        assert part in playbook


def test_the_pages_were_reviewed_and_a_late_review_is_warned_of() -> None:
    text = (ROOT / "docs" / "operations" / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^Last reviewed: (\d{4}-\d{2}-\d{2})$", text, flags=re.MULTILINE)
    assert found is not None, "docs/operations/README.md needs a line: Last reviewed: YYYY-MM-DD"
    age = datetime.now(UTC).date() - date.fromisoformat(found.group(1))
    assert age >= timedelta(days=-1), "the review is dated in the future"
    if age > LONGEST_WITHOUT_REVIEW:
        warnings.warn(f"The pages of operations were last reviewed {age.days} days ago.", stacklevel=1)


def test_every_page_of_operations_is_in_the_index() -> None:
    folder = ROOT / "docs" / "operations"
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert [
        page.name for page in folder.glob("*.md") if page.name != "README.md" and f"({page.name})" not in index
    ] == []
