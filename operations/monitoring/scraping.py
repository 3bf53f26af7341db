"""Reads the metrics of the pilot's processes, as Prometheus would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from operations.monitoring.expressions.samples import Samples
from operations.monitoring.targets import Target

TIMEOUT_SECONDS = 5.0
MOST_AT_ONCE = 8
JOB = "pilot"

Found = list[tuple[str, dict[str, str], float]]


def scrape(targets: Sequence[Target], samples: Samples, *, client: httpx.Client, at: float) -> None:
    """Add the metrics of every target at once, and whether each answered.

    Args:
        targets: The processes.
        samples: Where the samples go.
        client: Sends the requests.
        at: The time of the samples, in seconds.
    """
    if not targets:
        return
    with ThreadPoolExecutor(min(MOST_AT_ONCE, len(targets))) as pool:
        for target, found in zip(targets, pool.map(lambda each: _read(each, client), targets), strict=True):
            own = {"job": JOB, "service": target.service, "process": target.process}
            labelled = [(name, {**labels, **own}, value) for name, labels, value in found or ()]
            samples.add_scrape(labelled, source=target.address, at=at)
            samples.add("up", {**own, "instance": target.address}, value=float(found is not None), at=at)


def registry_samples(registry: CollectorRegistry, *, labels: Mapping[str, str]) -> Found:
    """Return the samples of a registry of this process."""
    return [
        (each.name, {**each.labels, **labels}, float(each.value))
        for family in registry.collect()
        for each in family.samples
    ]


def _read(target: Target, client: httpx.Client) -> Found | None:
    """Return what a target answers; None if it does not, or not with metrics."""
    try:
        text = client.get(f"http://{target.address}/metrics").raise_for_status().text
        return list(_parsed(text))
    except (httpx.HTTPError, ValueError):
        return None


def _parsed(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for family in text_string_to_metric_families(text):
        for each in family.samples:
            yield each.name, dict(each.labels), float(each.value)
