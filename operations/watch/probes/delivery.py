"""What a second host and the edge agree on about probes: names, sizes, and the pages at another address."""

from __future__ import annotations

import re
from collections.abc import Sequence

from operations.watch.probes.pages import Page
from pilot.errors import PilotError

PROBER = re.compile(r"probe[a-z0-9]{0,20}")
MOST_BYTES = 2_000_000


class RefusedProbes(PilotError):
    """What came is not a second host's probes; nothing of it was kept."""


def rebased(pages: Sequence[Page], *, base: str) -> tuple[Page, ...]:
    """Return the pages at another address of the same edge: as the second host reaches it."""
    paths = [(page, "/" + page.url.split("/", 3)[3]) for page in pages]
    return tuple(Page(cafe=page.cafe, name=page.name, url=base.rstrip("/") + path) for page, path in paths)
