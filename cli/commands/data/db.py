"""`pilot db`: the store's state, its slowest queries, and its optimization."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import typer

from cli.context import AS_JSON, actor, home, print_json
from operations.database import numbers, optimize_store
from storage.inspection.locale import SwedishLocale, swedish_locale
from storage.inspection.queries import Optimization, slow_queries
from storage.inspection.status import StoreStatus, store_status

EXIT_NOT_WELL = 1
MOST_FREE_SHARE = 0.2
MOST_CONNECTIONS_SHARE = 0.8
LONGEST_TRANSACTION_SECONDS = 60
MOST_WAL_BYTES = 256 * 1024 * 1024
LARGEST_TABLES = 5

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Show the store's state and slowest queries; optimize it.",
)


@app.command()
def status(as_json: bool = AS_JSON) -> None:
    """Show connections, locks, size, migration and write-ahead log, found against required.

    Exit code 1 if one is not as required.

    Example: pilot db status
    """
    store = home().store()
    found, swedish = store_status(store), swedish_locale(store)
    lines = [*_findings(found), _locale(swedish)]
    bad = [line for line in lines if not line[0]]
    if as_json:
        print_json({"well": not bad, **asdict(found), "swedish": asdict(swedish)})
    else:
        for ok, name, value, required in lines:
            typer.echo(f"{'ok     ' if ok else 'NOT OK '}  {name:<16}{value}" + (f"  ({required})" if required else ""))
        largest = sorted(found.rows.items(), key=lambda item: -item[1])[:LARGEST_TABLES]
        typer.echo(f"{'':<9}{'largest tables':<16}{', '.join(f'{name} {rows}' for name, rows in largest)}")
        typer.echo("The store is well." if not bad else f"NOT WELL: {', '.join(line[1] for line in bad)}.")
        typer.echo("Next: pilot db slow" if not bad else "Next: pilot db optimize")
    if bad:
        raise typer.Exit(EXIT_NOT_WELL)


@app.command()
def slow(
    limit: int = typer.Option(10, "--limit", min=1, max=100, help="Number of queries."),
    as_json: bool = AS_JSON,
) -> None:
    """List the slowest queries: timed now, and on PostgreSQL running and recorded ones.

    Example: pilot db slow
    """
    found = slow_queries(home().store())[:limit]
    if as_json:
        print_json([asdict(each) for each in found])
        return
    for each in found:
        typer.echo(f"{each.milliseconds:>10.1f} ms  {each.source:<9}{each.calls:>7} x  {each.name}")
    typer.echo(f"The slowest of {len(found)} took {found[0].milliseconds:.1f} ms. Next: pilot db optimize")


@app.command()
def optimize(
    vacuum: bool = typer.Option(False, "--vacuum", help="Rewrite a SQLite file to give space back; writers wait."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Show the numbers that it would change."),
    reason: str = typer.Option("", "--reason", help="Why, for the audit log."),
    as_json: bool = AS_JSON,
) -> None:
    """Refresh the planner's statistics and shorten the write-ahead log; print before and after.

    Example: pilot db optimize --reason "slow pages"
    """
    opened = home()
    if dry_run:
        before = numbers(opened)
        if as_json:
            print_json({"before": asdict(before)})
        else:
            _print(before, name="now")
            typer.echo("Nothing was changed: a dry run.")
        return
    before, after = optimize_store(opened, vacuum=vacuum, now=datetime.now(UTC), actor=actor(), reason=reason)
    if as_json:
        print_json({"before": asdict(before), "after": asdict(after)})
        return
    _print(before, name="before")
    _print(after, name="after")
    typer.echo("The store is optimized. Next: pilot db status")


def _print(found: Optimization, *, name: str) -> None:
    typer.echo(
        f"{name:<8}{found.milliseconds:>9.1f} ms for all timed queries, {found.size_bytes / 1e6:.1f} MB, "
        f"write-ahead log {found.wal_bytes / 1e6:.1f} MB"
    )


def _locale(found: SwedishLocale) -> tuple[bool, str, str, str]:
    order = found.collation or "the pages' own order"
    clock = "right" if found.knows_clock else "WRONG"
    value = f"{order} {'right' if found.in_order else 'WRONG'}, Stockholm's clock {clock}"
    return found.ok, "Swedish", value, "å ä ö last, summer and winter time"


def _findings(found: StoreStatus) -> list[tuple[bool, str, str, str]]:
    """Return each finding: whether it is well, its name, the value, and what is required."""
    free = found.free_bytes / max(found.size_bytes, 1)
    limit = found.most_connections
    wal_ok = limit is not None or found.wal_bytes <= MOST_WAL_BYTES
    longest = found.longest_seconds
    return [
        (True, "engine", found.engine, ""),
        (found.revision == found.head, "migration", found.revision or "none", f"required {found.head}"),
        (free <= MOST_FREE_SHARE, "size", f"{found.size_bytes / 1e6:.1f} MB, {free:.0%} free", "at most 20% free"),
        (wal_ok, "write-ahead log", f"{found.wal_bytes / 1e6:.1f} MB", "written ever" if limit else "at most 268 MB"),
        (
            limit is None or found.connections <= limit * MOST_CONNECTIONS_SHARE,
            "connections",
            f"{found.connections}" + (f" of {limit}" if limit else " processes"),
            "at most 80%" if limit else "",
        ),
        (found.waiting == 0, "locks", f"{found.waiting} wait", "required 0"),
        (
            longest is None or longest <= LONGEST_TRANSACTION_SECONDS,
            "transactions",
            "unknown on SQLite" if limit is None else f"the oldest is {longest or 0:.0f} s old",
            f"at most {LONGEST_TRANSACTION_SECONDS} s" if limit else "",
        ),
    ]
