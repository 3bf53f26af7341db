"""Reads the settings of a running pilot again, so that a restarted process takes those that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from operations.supervisor import ProcessSpec
from operations.system import System, make_system
from pilot.errors import PilotError
from pilot.settings import PREFIX, Settings, read_settings
from storage.home import Home

Reread = Callable[[], Mapping[str, str]]

# By these the processes find their data, or one another; what is prepared and checked at the start depends on them.
OF_THE_START = frozenset(
    (
        *("home", "store_url", "landing_url", "lake_url", "secret_key", "cafes_file", "services", "replica"),
        *("edge_host", "edge_port", "dagster_port", "dashboards_port", "entrance_port", "pages_host"),
        *("metrics_host", "metrics_port"),
    )
)


class NeedsStart(PilotError):
    """A changed setting is taken only when the pilot is started again."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(
            f"A restart cannot take what changed since the start: {', '.join(names)}. Nothing was stopped.",
            remedy="End `pilot run` and start it again (`systemctl restart pilot`), or put the former value back.",
        )


def with_settings(system: System, environment: Mapping[str, str]) -> System:
    """Return a running system with the settings of an environment.

    Args:
        system: The system.
        environment: The variables as they are now.

    Raises:
        InvalidSettings: a setting is wrong.
        NeedsStart: a setting changed that is taken at the start only.
    """
    now, before = read_settings(environment), system.settings
    fixed = [
        f"{PREFIX}{name.upper()}"
        for name in Settings.model_fields
        if name in OF_THE_START and getattr(now, name) != getattr(before, name)
    ]
    # The FAKE Stripe is one of the processes, or is not, from the start on.
    if bool(now.stripe_key.get_secret_value()) != bool(before.stripe_key.get_secret_value()):
        fixed.append(f"{PREFIX}STRIPE_KEY")
    if fixed:
        raise NeedsStart(fixed)
    home = Home(settings=now, root=system.home.root, kind=system.home.kind)
    made = make_system(home, environment=environment, fake_allowed=False)
    if (fake := system.fake_stripe) is None:
        return made
    return replace(made, environment={**made.environment, **fake.variables()}, fake_stripe=fake)


def former_settings(changes: Iterable[tuple[ProcessSpec, ProcessSpec]]) -> list[str]:
    """Return the names of the settings that differ between specifications of the same process."""
    found = set()
    for before, after in changes:
        names = {name for name in (*before.environment, *after.environment) if name.startswith(PREFIX)}
        found |= {name for name in names if before.environment.get(name) != after.environment.get(name)}
    return sorted(found)
