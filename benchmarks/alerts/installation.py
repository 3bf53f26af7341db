"""An installation whose alerts go to a strict stand-in of Slack, on loopback."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from operations.alerting.router import AlertRouter
from pilot.settings import read_settings
from storage.home import Home, open_home

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT))
from tests.operations.alerting.stand_ins import Slack  # noqa: E402

PAGE = re.compile(r"alert-causes\.md#([a-z_]+)")


class Installation:
    """A home, its router and the stand-in."""

    def __init__(self, home: Home, slack: Slack, clock: Callable[[], datetime]) -> None:
        self.home, self.slack = home, slack
        self._router = AlertRouter(home, clock=clock)

    @classmethod
    @contextmanager
    def running(
        cls, folder: Path, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> Iterator[Installation]:
        """Run the stand-in within a `with` block, on a fresh home."""
        folder.mkdir()
        with Slack() as slack:
            settings = read_settings(
                {
                    "PILOT_HOME": str(folder / "home"),
                    "PILOT_CAFES_FILE": str(CHECKOUT / "cafes.toml"),
                    "PILOT_CONTACTS_FILE": str(CHECKOUT / "contacts.toml"),
                    "PILOT_ALERT_SLACK_URL": slack.url,
                }
            )
            home = open_home(settings)
            home.store().now = clock
            opened = cls(home, slack, clock)
            opened.turn()  # Records from before it are taken over without a message.
            try:
                yield opened
            finally:
                home.store().close()

    def turn(self) -> None:
        """Run one round of the router."""
        self._router()

    def arrived(self, *, about: Mapping[str, str] | None = None) -> set[str]:
        """Return the kinds of alerts that the receiver has, by the page that their message links.

        Args:
            about: By kind, what a message must name: this machine may have the same alert about itself.
        """
        assert not self.slack.errors, self.slack.errors
        parts = [part for text in self.slack.texts if "ALERT" in text for part in text.split("\n\n")]
        found = ((name, part) for part in parts for name in PAGE.findall(part))
        return {name for name, part in found if (about or {}).get(name, "") in part}
