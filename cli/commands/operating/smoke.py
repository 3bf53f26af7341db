"""`pilot smoke`: sends a test session through every café."""

from __future__ import annotations

import asyncio
from enum import StrEnum

import typer

from cli.context import AS_JSON, home, print_json
from cli.findings import report

EXIT_FAILED = 1

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


class _Mode(StrEnum):
    voice = "voice"
    text = "text"


class _Language(StrEnum):
    sv = "sv"
    en = "en"


@app.command()
def smoke(
    cafe: list[str] = typer.Option([], "--cafe", help="The cafés; all by default."),
    mode: _Mode = typer.Option(_Mode.text, help="Talk or write."),
    language: _Language = typer.Option(_Language.sv, help="The guest's language."),
    as_json: bool = AS_JSON,
) -> None:
    """Send one simulated session through each café at once: scan, talk, score, reward; within two minutes.

    Simulated sessions move no money and are in no figure of the pilot. Exit code 1 if a stage was not reached.

    Example: pilot smoke --mode voice --language en
    """
    from proving.smoke import smoke as run_smoke

    opened = home()
    known = opened.cafes()
    chosen = tuple(known.get(each).id for each in cafe) or known.ids
    results = asyncio.run(run_smoke(opened, cafes=chosen, mode=mode.value, language=language.value))
    findings = [result.finding for result in results]
    if as_json:
        ok = all(finding.ok for finding in findings)
        print_json({"ok": ok, "cafes": [{**each.finding.as_json(), "stages": dict(each.stages)} for each in results]})
        if not ok:
            raise typer.Exit(EXIT_FAILED)
        return
    report(findings, as_json=False, next_command="pilot kpi", failed_command="pilot logs --since 10m")
