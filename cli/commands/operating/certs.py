"""`pilot certs`: the days left of the hosts' certificates."""

from __future__ import annotations

from functools import partial

import typer

from cli.context import AS_JSON, settings
from cli.findings import report
from operations.checks.running import Check, run_checks
from operations.hosts.certificates import check_certificate
from operations.hosts.names import public_hosts
from storage.cafes_file import read_cafes

app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command()
def certs(as_json: bool = AS_JSON) -> None:
    """Show each host's certificate as served: chain, names, days left.

    Exit code 1 if one is wrong or has under 7 days.

    Example: pilot certs
    """
    hosts = public_hosts(read_cafes(settings().cafes_file))
    checks = [Check(f"certificate {host.name}", partial(check_certificate, host)) for host in hosts]
    report(run_checks(checks), as_json=as_json, next_command="pilot logs", failed_command="pilot domains verify")
