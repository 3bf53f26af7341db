"""Times each render of a page, from the start of its rerun to its end, for Prometheus."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Gauge, Histogram

EDGES_SECONDS = (0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 60)
FRAME = "frame"  # a render that ended before a page was chosen

# Streamlit runs the script of a page anew at each render; this module is imported once in the process.
REGISTRY = CollectorRegistry()
_seconds = Histogram(
    "pilot_page_seconds",
    "From the start of a page's rerun to its end.",
    ["page"],
    buckets=EDGES_SECONDS,
    registry=REGISTRY,
)
_drawing = Gauge("pilot_pages_drawing", "Renders that run now.", registry=REGISTRY)


class PageTime:
    """The render under way.

    Attributes:
        page: The page's name, set once it is chosen.
    """

    def __init__(self) -> None:
        self.page = FRAME


@contextlib.contextmanager
def page_time() -> Iterator[PageTime]:
    """Time the render within a `with` block, also one that a newer rerun interrupts."""
    began, render = time.perf_counter(), PageTime()
    _drawing.inc()
    try:
        yield render
    finally:
        _drawing.dec()
        _seconds.labels(page=render.page).observe(time.perf_counter() - began)
