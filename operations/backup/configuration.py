"""The configuration in a backup: settings as lines of an environment file, without keys."""

from __future__ import annotations

from pydantic import SecretStr

from pilot.settings import PREFIX, Settings

CONFIGURATION_FOLDER = "configuration"
CAFES_FILE = "cafes.toml"
SETTINGS_FILE = "settings.env"
OF_THIS_MACHINE = ("home", "cafes_file")
CREDENTIALS_IN = ("store_url", "redis_url")  # addresses that may contain a password


def settings_lines(settings: Settings) -> str:
    """Return the settings that differ from their defaults as lines; a key's line has no value."""
    lines = ["# Put the keys back from where they are kept; a line without a value needs one."]
    defaults = Settings()
    for name in sorted(Settings.model_fields):
        value = getattr(settings, name)
        if value == getattr(defaults, name) or name in OF_THIS_MACHINE:
            continue
        secret = isinstance(value, SecretStr) or name in CREDENTIALS_IN
        lines.append(f"{PREFIX}{name.upper()}={'' if secret else value}")
    return "\n".join(lines) + "\n"
