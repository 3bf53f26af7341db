"""The contract between a second host and the edge: probers' names, batch size, pages' addresses."""

from __future__ import annotations

import re
from collections.abc import Sequence

from operations.watch.probes.pages import Page
from pilot.errors import PilotError

PROBER = re.compile(r"probe[a-z0-9]{0,20}")
MAX_BATCH_BYTES = 2_000_000


class RefusedProbes(PilotError):
    """A batch is not a second host's probes; nothing of it was saved."""


def rebase(pages: Sequence[Page], *, base: str) -> tuple[Page, ...]:
    """Return the pages at the edge's address for the second host."""
    paths = [(page, "/" + page.url.split("/", 3)[3]) for page in pages]
    return tuple(Page(cafe=page.cafe, name=page.name, url=base.rstrip("/") + path) for page, path in paths)
