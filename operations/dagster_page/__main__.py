"""`python -m operations.dagster_page`: Dagster's web server behind the gate, with its own options."""

from __future__ import annotations

from dagster_webserver import cli

from operations.dagster_page.webserver import guarded_app

FACTORY = "create_app_from_workspace_process_context"


def main() -> None:
    """Serve the page until a signal."""
    # Dagster's command has no option for another app; it calls this name of its own module.
    assert hasattr(cli, FACTORY)
    setattr(cli, FACTORY, guarded_app)
    cli.cli(auto_envvar_prefix="DAGSTER_WEBSERVER")


if __name__ == "__main__":
    main()
