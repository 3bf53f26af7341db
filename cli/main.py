"""`pilot`: the one command of the pilot."""

from __future__ import annotations

import typer

from cli.lazy_group import LazyGroup


class _Pilot(LazyGroup):
    """The subcommands, in the order in which a newcomer needs them."""

    subcommands = {  # noqa: RUF012 - read only
        "run": ("running", "Run everything on this machine: edge, Dagster, dashboards, watch."),
        "demo": ("running", "Run everything on simulated days of every café, in a separate home."),
        "journey": ("proving", "Send one test session from the microphone to the manager's page."),
        "load-test": ("proving", "Simulate several guests at once on a running edge."),
        "bench": ("proving", "Measure the voice edge, the recogniser and scoring."),
        "phone": ("running", "Try the pilot on your own telephone, on the local network over HTTPS."),
        "account": ("access", "Invite, list and revoke the accounts of the pages and Dagster; sign-in links."),
        "keys": ("access", "List the secrets, and rotate those that may overlap."),
        "models": ("running", "Fetch, check and qualify the recogniser's weights."),
        "doctor": ("operating", "Check this host before going live, without any impact."),
        "env": ("operating", "Make the file of settings, with secrets of its own."),
        "health": ("operating", "Show every service in one table, with remedies."),
        "smoke": ("operating", "Send a test session through every café: scan, talk, score, reward."),
        "kpi": ("operating", "Show yesterday's metrics of each café against target and the last seven days."),
        "logs": ("operating", "Group the services' errors; show the lines of a service or session."),
        "certs": ("operating", "Show the days left of the hosts' certificates."),
        "domains": ("operating", "Make the proxy's configuration; verify the hosts from outside."),
        "alerts": ("operating", "Set up, test, list, acknowledge and silence alerts."),
        "cdn": ("operating", "Check which files a CDN may cache, and the CDN if there is one."),
        "contacts": ("operating", "Check the people to call; make the one-page sheet for the cafés."),
        "weekly-maintenance": ("operating", "Packages, store, backups, logs, retention, performance report."),
        "training": ("operating", "Record and list who was trained, and in which drill."),
        "seed": ("running", "Prepare the home: folders, store, one code for each café."),
        "qr": ("cafes", "List, draw, print, distribute and verify the codes."),
        "codes": ("cafes", "Retire a code for good, and issue its successor."),
        "maintenance": ("running", "Turn maintenance on or off: a page with 503, dashboards that are only read."),
        "fallback": ("running", "Turn text only on or off: guests write, voice is not offered."),
        "performance": ("running", "Trade quality for speed, with figures before and during it."),
        "deploy": ("running", "Deploy this checkout's containers in one resumable command."),
        "prepare": ("running", "Bring the home and the store to this version: the one-shot step of a deployment."),
        "process": ("running", "Become one process of the pilot, for a container or a unit of its own."),
        "restart": ("running", "Restart processes of a running pilot, in order and without a lost write."),
        "scale": ("running", "Change the number of edges, if the machine and the store can carry it."),
        "upgrade": ("running", "Migrate a stopped home to this release, and verify its data."),
        "rollback": ("running", "Take a stopped home back to the store of an earlier release."),
        "incident": ("running", "Open, follow and close incidents; keep evidence; notify managers."),
        "status-page": ("running", "Build the customers' status page, and say something on it."),
        "cafe": ("cafes", "Disable and enable a café for guests, and extend its trial."),
        "cafes": ("cafes", "Check and list the cafés' file, opening hours and trials."),
        "digest": ("cafes", "Preview, send and stop the Monday letters to the cafés' managers."),
        "counts": ("cafes", "Report how many customers a café had on a day."),
        "score": ("feedback", "Score sessions from a file of JSON lines."),
        "ask": ("feedback", "Reply to conversations from a file as the interviewer does."),
        "why": ("feedback", "Explain the result of a session."),
        "language": ("feedback", "Evaluate how guests are understood, on authors not seen."),
        "report": ("reports", "Make the 30-day report as PDF and page, from frozen figures."),
        "analyze-impact": ("reports", "Show themes, score, reward cost, and what cafés changed, first weeks to last."),
        "survey": ("feedback", "Invite managers to the survey; show who answered, and what."),
        "rules": ("feedback", "List, add, remove and test the rules of signed webhooks."),
        "erase": ("privacy", "Erase a session everywhere, at the guest's request."),
        "export": ("privacy", "Export all data about the guest of a receipt."),
        "retention": ("privacy", "Remove guests' data that has reached its time limit."),
        "backup": ("privacy", "Make, list, verify, drill and restore backups."),
        "restore": ("privacy", "Restore a backup, without the guests who were erased since."),
        "verify-data": ("data", "Verify that store, ledger, lake and KPIs agree."),
        "db": ("data", "Show the store's state and slowest queries; optimize it."),
        "payout": ("money", "Rule on rewards; show, send, stop and start payouts; reconcile and export."),
        "test-payments": (
            "proving",
            "Prove success, decline, retry, webhook replay and idempotency on a fake.",
        ),
        "test-analytics": ("proving", "Recompute every figure of the pages by independent queries, in every role."),
        "provider-events": ("money", "Show the lag of Stripe's events, fetch missed ones, process events again."),
        "landing": ("data", "Show the landed segments, and salvage damaged ones."),
        "quality": ("data", "Validate every table, and list the rows that break an expectation."),
        "day": ("data", "List the days whose figures are frozen; close and open a day."),
        "materialize": ("data", "Rebuild business days by hand: late data, a new scorer, a report."),
        "schema": ("data", "Print the event contract, the settings and the data dictionary."),
        "simulate": ("proving", "Land simulated sessions in a demo home."),
        "probe": ("running", "Probe the pilot from a second host; rounds are delivered when the edge answers."),
        "watch": ("running", "Probe the cafés' pages from outside (a process of `pilot run`)."),
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
