"""What a round looks at: each café's page and socket, and once for all what every café shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

import httpx

from operations.watch.probes import probing
from operations.watch.probes.pages import Page
from operations.watch.probes.probing import ProbeCall
from pilot.settings import Settings


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to look at.

    Attributes:
        name: What it is, as the contract names it.
        cafes: The cafés whose service it is part of; each gets the probe.
        look: Looks.
    """

    name: str
    cafes: tuple[str, ...]
    look: ProbeCall


def base_of(url: str) -> str:
    """Return the address of a page's server."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def outside(pages: Sequence[Page], *, client: httpx.Client) -> Iterator[Target]:
    """Yield what a guest meets: it can be looked at from anywhere."""
    shared: dict[str, list[str]] = {}
    for page in pages:
        yield Target("customer_page", (page.cafe,), partial(probing.customer_page, page, client=client))
        shared.setdefault(base_of(page.url), []).append(page.cafe)
    for base, cafes in shared.items():
        yield Target("websocket", tuple(cafes), partial(probing.websocket, base))
        yield Target("receipt", tuple(cafes), partial(probing.receipt, base, client=client))


def inside(pages: Sequence[Page], *, settings: Settings, client: httpx.Client) -> Iterator[Target]:
    """Yield what only this host can look at: the managers' pages, and the language model where one is asked."""
    cafes = tuple(page.cafe for page in pages)
    if not cafes:
        return
    address = f"http://127.0.0.1:{settings.dashboards_port}"
    yield Target("dashboards", cafes, partial(probing.dashboards, address, client=client))
    if settings.interviewer != "scripted":
        yield Target("ollama", cafes, partial(probing.ollama, settings.ollama_url.rstrip("/"), client=client))
