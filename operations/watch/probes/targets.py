"""The targets of a round: each café's page, and once each everything that cafés share."""

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
    """One target of the prober.

    Attributes:
        name: Its name in the contract.
        cafes: The cafés that depend on it; each gets the probe.
        probe: Probes it.
    """

    name: str
    cafes: tuple[str, ...]
    probe: ProbeCall


def base_of(url: str) -> str:
    """Return the address of a page's server."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def public_targets(pages: Sequence[Page], *, client: httpx.Client) -> Iterator[Target]:
    """Yield the targets of a guest, which can be probed from anywhere."""
    shared: dict[str, list[str]] = {}
    for page in pages:
        yield Target("customer_page", (page.cafe,), partial(probing.customer_page, page, client=client))
        shared.setdefault(base_of(page.url), []).append(page.cafe)
    for base, cafes in shared.items():
        yield Target("websocket", tuple(cafes), partial(probing.websocket, base))
        yield Target("receipt", tuple(cafes), partial(probing.receipt, base, client=client))


def local_targets(pages: Sequence[Page], *, settings: Settings, client: httpx.Client) -> Iterator[Target]:
    """Yield the targets of this host only: the managers' pages, and the language model if one is used."""
    cafes = tuple(page.cafe for page in pages)
    if not cafes:
        return
    address = f"http://127.0.0.1:{settings.dashboards_port}"
    yield Target("dashboards", cafes, partial(probing.dashboards, address, client=client))
    if settings.interviewer != "scripted":
        yield Target("ollama", cafes, partial(probing.ollama, settings.ollama_url.rstrip("/"), client=client))
