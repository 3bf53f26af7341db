"""`pilot`: the one command of the pilot."""

from __future__ import annotations

import typer

from cli.lazy_group import LazyGroup


class _Pilot(LazyGroup):
    """The subcommands, in the order in which a newcomer needs them."""

    summaries = {  # noqa: RUF012 - read only
        "run": "Run everything on this machine: edge, Dagster, dashboards, watch.",
        "demo": "Run everything on simulated days of every café, in a separate home.",
        "journey": "Send one test session from the microphone to the manager's page.",
        "load-test": "Simulate several guests at once on a running edge.",
        "bench": "Measure the voice edge, the recogniser and scoring.",
        "phone": "Try the pilot on your own telephone, on the local network over HTTPS.",
        "models": "Fetch, check and qualify the recogniser's weights.",
        "health": "Report what runs and what is missing, with remedies.",
        "seed": "Prepare the home: folders, store, one code for each café.",
        "cafes": "Check and list the cafés' file; pause and resume cafés.",
        "qr": "List the codes, and draw their QR as SVG, PNG or PDF.",
        "counts": "Report how many customers a café had on a day.",
        "score": "Score sessions from a file of JSON lines.",
        "why": "Explain the result of a session.",
        "erase": "Erase a session everywhere, at the guest's request.",
        "export": "Export all data about the guest of a receipt.",
        "retention": "Remove guests' data that has reached its time limit.",
        "backup": "Make, list and verify backups.",
        "restore": "Restore a backup into a new home, without the guests who were erased since.",
        "payout": "Rule on rewards; show, send, stop and start payouts; reconcile and export.",
        "test-payments": "Prove success, decline, retry, webhook replay and idempotency of payments on a fake.",
        "provider-events": "Show the lag of Stripe's events, fetch missed ones, process events again.",
        "landing": "Show the landed segments, and salvage damaged ones.",
        "quality": "Validate every table, and list the rows that break an expectation.",
        "day": "List the days whose figures are frozen; close and open a day.",
        "materialize": "Rebuild business days by hand: late data, a new scorer, a report.",
        "schema": "Print the event contract, the settings and the data dictionary.",
        "simulate": "Land simulated sessions in a demo home.",
        "probe": "Probe the pilot from a second host; rounds are delivered when the edge answers.",
        "watch": "Probe the cafés' pages from outside (a process of `pilot run`).",
    }


app = typer.Typer(
    cls=_Pilot,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def pilot(
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
) -> None:
    """A café's customers say out loud what they think; a manager acts on it.

    [bold]First steps[/bold]

      pilot run                              start everything, print the addresses
      pilot journey aurora --language en     send a spoken test session end to end
      pilot demo                             browse 30 simulated days
    """


def main() -> None:
    """Run the command."""
    app(prog_name="pilot")
