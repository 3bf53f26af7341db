"""`pilot schema`: prints the event contract, the settings and the data dictionary from the code."""

from __future__ import annotations

import typer

from cli.context import print_json

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Print the event contract, the settings and the data dictionary.",
)


@app.command()
def events() -> None:
    """Print the raw-event contract as JSON Schema.

    Example: pilot schema events > docs/raw-event.schema.json
    """
    from pilot.events import json_schema

    print_json(json_schema())


@app.command()
def env() -> None:
    """Print every setting with its description and default.

    Example: pilot schema env > .env.example
    """
    from pilot.settings import env_example

    typer.echo(env_example(), nl=False)


@app.command()
def dictionary() -> None:
    """Print the lake's tables and columns, with units and descriptions, as Markdown.

    Example: pilot schema dictionary > docs/data-dictionary.md
    """
    from pilot.lake_tables.data_dictionary import data_dictionary

    typer.echo(data_dictionary(), nl=False)
