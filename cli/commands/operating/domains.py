"""`pilot domains`: verifies the hosts from outside."""

from __future__ import annotations

import typer

from cli.context import AS_JSON, settings
from cli.findings import report
from operations.checks.running import run_checks
from operations.hosts.names import public_hosts
from operations.hosts.verification import host_checks
from storage.cafes_file import read_cafes

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Verify the hosts from outside: DNS, TLS, redirect, headers, WebSocket.",
)


@app.callback()
def domains() -> None:
    """Verify the hosts from outside: DNS, TLS, redirect, headers, WebSocket."""


@app.command()
def verify(as_json: bool = AS_JSON) -> None:
    """Verify each host as a guest's browser reaches it, and print the DNS records to set.

    Exit code 1 on any failure.

    Example: pilot domains verify
    """
    known = settings()
    hosts = public_hosts(read_cafes(known.cafes_file))
    found = run_checks(host_checks(hosts, settings=known))
    report(found, as_json=as_json, next_command="pilot smoke", failed_command="pilot doctor --only dns,certificates")
