"""`pilot rules`: the rules that send feedback to other services by signed webhooks."""

from __future__ import annotations

from dataclasses import asdict

import typer

from cli.context import AS_JSON, actor, home, print_json
from cli.switching import WHY, require_reason

RULE = typer.Argument(help="The rule's id, from `pilot rules list`.")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="List, add, remove and test the rules of signed webhooks.",
)


@app.command("list")
def list_rules(cafe: str = typer.Option("", "--cafe", help="Only this café."), as_json: bool = AS_JSON) -> None:
    """List the rules with their state; the address is shown without its path, which is a secret.

    Example: pilot rules list
    """
    from urllib.parse import urlsplit

    from storage.store.outgoing.webhook_rules import rules_of

    found = rules_of(home().store(), [home().cafes().get(cafe).id] if cafe else None)
    rows = [{**asdict(each), "url": urlsplit(each.url).hostname} for each in found]
    if as_json:
        print_json(rows)
        return
    for each in rows:
        match = f"{each['theme'] or 'any theme'}, {each['polarity'] or 'any polarity'}"
        typer.echo(f"{each['id']}  {each['cafe']:<12}{each['state']:<9}{each['name']}: {match} -> {each['url']}")
    typer.echo(f"{len(rows)} rules. Next: pilot rules {'test RULE' if rows else 'add CAFE --name NAME --url URL'}")


@app.command()
def add(
    cafe: str = typer.Argument(help="The café's id."),
    name: str = typer.Option(..., "--name", help="Its name for people."),
    url: str = typer.Option(..., "--url", help="Where to send: https://..."),
    theme: str = typer.Option("", "--theme", help="A theme's code; any by default."),
    polarity: str = typer.Option("", "--polarity", help="positive, mixed or negative; any by default."),
    urgent: bool = typer.Option(False, "--urgent", help="Also urgent sessions, without their words."),
) -> None:
    """Add a rule that is on from now, and print its secret once.

    Example: pilot rules add aurora --name "Toalett" --theme toilet --polarity negative --url https://example.se/hook
    """
    from operations.webhooks.addresses import checked_url
    from operations.webhooks.signing import secret_of
    from pipelines.cases.proposals import NOT_A_THING
    from pipelines.language.labels import THEMES
    from storage.store.outgoing.webhook_rules import add_rule

    opened = home()
    made = add_rule(
        opened.store(),
        cafe=opened.cafes().get(cafe).id,
        name=name,
        theme=theme,
        polarity=polarity,
        url=checked_url(url),
        known_themes=tuple(each for each in THEMES if each != NOT_A_THING),
        with_urgent=urgent,
        by=actor(),
    )
    typer.echo(f"The rule {made.id} is on. Its secret, which the receiver needs:")
    typer.echo(secret_of(opened.secret(), rule_id=made.id, generation=made.generation))
    typer.echo(f"Next: pilot rules test {made.id}")


@app.command()
def remove(rule: str = RULE, reason: str = WHY) -> None:
    """Remove a rule; what waits for it is not sent.

    Example: pilot rules remove RULE --reason "the service is gone"
    """
    from storage.store.outgoing.webhook_rules import turn

    why = require_reason(reason)
    removed = turn(home().store(), rule, "removed", by=actor(), reason=why)
    typer.echo(f"{removed.name} is removed. Next: pilot rules list")


@app.command()
def test(rule: str = RULE, as_json: bool = AS_JSON) -> None:
    """Send a test delivery, which names no session; the watch posts it within seconds.

    Example: pilot rules test RULE
    """
    from storage.store.outgoing.webhook_deliveries import plan_test
    from storage.store.outgoing.webhook_rules import RuleRefused, find_rule

    store = home().store()
    found = find_rule(store, rule)
    if found is None or found.state == "removed":
        raise RuleRefused("There is no such rule.", remedy="`pilot rules list` shows them.", code="gone")
    delivery = plan_test(store, found.id, by=actor())
    if as_json:
        print_json({"rule": found.id, "delivery": delivery})
        return
    typer.echo(f"The test {delivery} waits for the watch. Next: the page *Regler* shows what became of it.")
