"""`pilot`: the one command of the pilot."""

from __future__ import annotations

import typer

from cli.lazy_group import LazyGroup


class _Pilot(LazyGroup):
    """The nouns, in the order in which a newcomer needs them."""

    nouns = {  # noqa: RUF012 - read only
        "run": "Run everything on this machine: edge, Dagster, dashboards, watch.",
        "demo": "The same with simulated days of every café, in a home of its own.",
        "journey": "Send one test session all the way, from the microphone to the manager's page.",
        "load-test": "Talk to a running edge with several simulated guests at once.",
        "bench": "Measure the voice edge, the recogniser, scoring.",
        "phone": "Try the pilot on your own telephone, on the local network over HTTPS.",
        "models": "Fetch and check the recogniser's weights.",
        "health": "Say what runs, what is missing, and what to do about it.",
        "seed": "Prepare the home: folders, store, one code for each café.",
        "cafes": "Check and list the cafés' file.",
        "qr": "List the codes, and draw their QR as SVG, PNG or PDF.",
        "counts": "Report how many customers a café had on a day.",
        "score": "Score sessions from a file of JSON lines.",
        "why": "Say in words why a session got its result.",
        "erase": "Erase a session everywhere, on the guest's request.",
        "export": "Write down everything that is held about the guest of a receipt.",
        "retention": "Remove what guests leave once its time is over, and say what went.",
        "backup": "Make, list and verify backups.",
        "restore": "Restore a backup into a new home, without the guests who were erased since.",
        "payout": "Rule on rewards, show and send payouts, stop and start them, reconcile and export.",
        "test-payments": "Prove success, decline, retry, webhook replay and idempotency of payments on a fake.",
        "provider-events": "Show how far behind Stripe's events are, fetch what no webhook told, look again.",
        "landing": "Show what the edge has landed, and save what damaged segments still hold.",
        "quality": "Hold every table against what must be true of it, and list the rows that break it.",
        "day": "List the days whose figures stand, close one, open it again.",
        "materialize": "Rebuild business days by hand: late data, a new scorer, a report.",
        "schema": "Print the event contract, the settings and the data dictionary.",
        "simulate": "Land simulated sessions in a demo home.",
        "probe": "Look at the pilot from a second host, and deliver it later while the edge is away.",
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

      pilot run                              start everything, see the addresses
      pilot journey aurora --language en     one spoken test session, end to end
      pilot demo                             30 simulated days to look at
    """


def main() -> None:
    """Run the command."""
    app(prog_name="pilot")
