"""Makes the file of settings: the example, with secrets of its own, readable by its owner only."""

from __future__ import annotations

import secrets
from pathlib import Path

from pilot.errors import PilotError
from pilot.settings import PREFIX, env_example
from storage.folders import create_once

# Each installation's own. The home makes its own secret key: another one would invalidate its vouchers.
GENERATED = ("backup_key", "probe_token")
SECRET_BYTES = 32


class EnvironmentFileExists(PilotError):
    """The file of settings is there already."""


def make_environment_file(path: Path) -> tuple[str, ...]:
    """Write the file of settings with new secrets, mode 0600; return the names of the secrets.

    Raises:
        EnvironmentFileExists: there is one; it is never overwritten, as its secrets open the backups.
    """
    text = env_example()
    names = tuple(f"{PREFIX}{name.upper()}" for name in GENERATED)
    for name in names:
        assert f"#{name}=\n" in text, name
        text = text.replace(f"#{name}=\n", f"{name}={secrets.token_hex(SECRET_BYTES)}\n")
    if path.exists() or not create_once(path, text.encode()):
        raise EnvironmentFileExists(
            f"{path} is there already.", remedy="Edit it, or choose another place with --file; it is not overwritten."
        )
    return names
