"""Draws findings: a line for each, found against required, remedies, and one verdict."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from cli.context import print_json
from operations.checks.finding import Finding

MARKS = {"ok": "ok    ", "not_ok": "NOT OK", "not_applicable": "-     "}
LEAST_NAME_WIDTH = 16
EXIT_NOT_WELL = 1


def report(findings: Sequence[Finding], *, as_json: bool, next_command: str = "", failed_command: str = "") -> None:
    """Print findings and a verdict; exit with 1 if one is not ok.

    Args:
        findings: The findings.
        as_json: Whether to print JSON.
        next_command: The command to suggest if all are ok.
        failed_command: The command to suggest otherwise.

    Raises:
        typer.Exit: a finding is not ok.
    """
    bad = [finding.name for finding in findings if not finding.ok]
    if as_json:
        print_json({"ok": not bad, "findings": [finding.as_json() for finding in findings]})
    else:
        width = max([LEAST_NAME_WIDTH, *(len(finding.name) + 2 for finding in findings)])
        for finding in findings:
            _draw(finding, width=width)
        passed = sum(finding.state == "ok" for finding in findings)
        skipped = len(findings) - passed - len(bad)
        aside = f", {skipped} not applicable" if skipped else ""
        typer.echo(f"NOT OK: {', '.join(bad)} ({passed} ok{aside})." if bad else f"All well: {passed} ok{aside}.")
        following = failed_command if bad else next_command
        if following:
            typer.echo(f"Next: {following}")
    if bad:
        raise typer.Exit(EXIT_NOT_WELL)


def _draw(finding: Finding, *, width: int) -> None:
    indent = " " * (len(MARKS["ok"]) + 2)
    found = finding.found.splitlines() or [""]
    typer.echo(f"{MARKS[finding.state]}  {finding.name:<{width}}{found[0]}".rstrip())
    for line in found[1:]:
        typer.echo(f"{indent}{'':<{width}}{line}")
    if finding.state == "not_ok":
        if finding.required:
            typer.echo(f"{indent}{'':<{width}}required: {finding.required}")
        for line in finding.remedy.splitlines():
            typer.echo(f"{indent}{'':<{width}}remedy: {line}")
