"""The addresses that a person may be sent on to after signing in: only the pilot's own pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from operations.access.guard import LOOPBACK
from pilot.settings import Settings

NOWHERE: tuple[str, str, int | None] = ("", "", None)


class OwnPages:
    """The pages behind the sign-in."""

    def __init__(self, settings: Settings) -> None:
        own = (settings.pages_url, settings.dagster_url, settings.entrance_url)
        self._own = {_origin(url) for url in own} - {NOWHERE}
        self.first = settings.pages_url

    def checked(self, wanted: str) -> str:
        """Return an address if it is of the pilot's own pages, else that of the dashboards."""
        return wanted if _origin(wanted) in self._own and wanted.isprintable() and "\\" not in wanted else self.first


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return NOWHERE
    if parts.username is not None or parts.scheme not in ("http", "https") or not host:
        return NOWHERE
    return (parts.scheme, "loopback" if host in LOOPBACK else host, port)
