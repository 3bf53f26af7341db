"""`pilot domains`: makes the proxy's configuration, and verifies the hosts from outside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import typer

from cli.context import AS_JSON, settings
from cli.findings import report
from operations.checks.running import run_checks
from operations.hosts.names import public_hosts
from operations.hosts.proxy_file import CONTAINERS, ONE_HOST, Upstreams, proxy_file
from operations.hosts.verification import host_checks
from storage.cafes_file import read_cafes

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Make the proxy's configuration, and verify the hosts from outside.",
)


@app.callback()
def domains() -> None:
    """Make the proxy's configuration, and verify the hosts from outside."""


@app.command()
def setup(
    file: Path = typer.Option(Path("deploy/Caddyfile"), "--file", help="The file to write."),
    one_host: bool = typer.Option(False, "--one-host", help="For a host without containers, with systemd."),
    edges: str = typer.Option("", "--edges", help="Addresses of the edges, host:port with commas, if not the usual."),
    internal: bool = typer.Option(False, "--internal", help="The proxy's own certificates, for a trial without DNS."),
    check: bool = typer.Option(False, "--check", help="Change nothing; exit code 1 if the file is not up to date."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only print the configuration."),
) -> None:
    """Write the proxy's configuration for the hosts of the cafés' file; a second call changes nothing.

    The proxy gets and renews a certificate for each host by itself. A fourth café needs no edit: call this again, and
    reload the proxy.

    Example: pilot domains setup
    """
    hosts = public_hosts(read_cafes(settings().cafes_file))
    plan = replace(ONE_HOST if one_host else CONTAINERS, internal=internal)
    if edges:
        plan = replace(plan, edges=Upstreams(tuple(each.strip() for each in edges.split(","))))
    text = proxy_file(hosts, plan)
    if dry_run:
        typer.echo(text, nl=False)
        return
    is_current = file.is_file() and file.read_text(encoding="utf-8") == text
    if check and not is_current:
        typer.echo(f"{file} is not what the cafés' file asks for. Write it: pilot domains setup", err=True)
        raise typer.Exit(1)
    if not is_current:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    state = "is up to date" if is_current else "is written"
    typer.echo(f"{file} {state}: {', '.join(host.name for host in hosts)}.")
    if not is_current:
        typer.echo("Reload a running proxy, in containers or on the host:")
        typer.echo(
            "  docker compose -f docker-compose.staging.yml exec proxy caddy reload --config /etc/caddy/Caddyfile"
        )
        typer.echo("  systemctl reload pilot-proxy")
    typer.echo("Next: pilot domains verify")


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
