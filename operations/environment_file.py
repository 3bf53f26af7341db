"""Makes the file of settings: the example, with secrets of its own, readable by its owner only."""

from __future__ import annotations

import secrets
from pathlib import Path

from pilot.cafes import Cafes
from pilot.errors import PilotError
from pilot.settings import PREFIX, env_example
from storage.folders import create_once

# Each installation's own. The home makes its own secret key: another one would invalidate its vouchers.
GENERATED = ("backup_key", "probe_token")
SECRET_BYTES = 32


PASSWORDS = ("POSTGRES_PASSWORD", "GRAFANA_PASSWORD")


def container_settings(cafes: Cafes, *, password: str) -> dict[str, str]:
    """Return what differs in containers: addresses for browsers, the databases and their passwords."""
    staff = f"https://{cafes.pilot.staging_domain}"
    return {
        "PILOT_PUBLIC_URL": f"https://{cafes.cafe[0].domain}",
        "PILOT_ENTRANCE_URL": staff,
        "PILOT_PAGES_URL": staff,
        "PILOT_DAGSTER_URL": f"{staff}/dagster",
        "PILOT_STATUS_URL": f"{staff}/status/",
        "PILOT_STORE_URL": f"postgresql+psycopg2://pilot:{password}@postgres/pilot",
        "PILOT_REDIS_URL": "redis://redis:6379/0",
        "POSTGRES_PASSWORD": password,
        "GRAFANA_PASSWORD": secrets.token_hex(SECRET_BYTES),
    }


class EnvironmentFileExists(PilotError):
    """The file of settings is there already."""


def make_environment_file(path: Path, *, containers: Cafes | None = None) -> tuple[str, ...]:
    """Write the file of settings with new secrets, mode 0600; return the names of the secrets.

    Args:
        path: The file.
        containers: The cafés, if the file is for the compose file: with its addresses and the databases' passwords.

    Raises:
        EnvironmentFileExists: there is one; it is never overwritten, as its secrets open the backups.
    """
    text = env_example()
    names = tuple(f"{PREFIX}{name.upper()}" for name in GENERATED)
    for name in names:
        assert f"#{name}=\n" in text, name
        text = text.replace(f"#{name}=\n", f"{name}={secrets.token_hex(SECRET_BYTES)}\n")
    if containers is not None:
        for name, value in container_settings(containers, password=secrets.token_hex(SECRET_BYTES)).items():
            setting = f"#{name}="
            if setting in text:
                head, _, tail = text.partition(setting)
                text = f"{head}{name}={value}\n{tail.partition(chr(10))[2]}"
            else:
                text += f"# Read by the compose file.\n{name}={value}\n\n"
        names = (*names, *PASSWORDS)
    if path.exists() or not create_once(path, text.encode()):
        raise EnvironmentFileExists(
            f"{path} is there already.", remedy="Edit it, or choose another place with --file; it is not overwritten."
        )
    return names
