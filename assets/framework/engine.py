"""The Dagster resource for the engine of PILOT_ENGINE, which builds the heavy tables of a day."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import dagster as dg

from storage.home import Home

if TYPE_CHECKING:  # PySpark takes a second to import; the embedded engine needs none of it.
    from storage.spark.engine import SparkEngine


class EngineResource(dg.ConfigurableResource["SparkEngine"]):
    """Opens the engine that PILOT_ENGINE names, once a process; none by default.

    Attributes:
        address: Another address, for tests and benchmarks.
    """

    address: str = ""

    def open(self, home: Home) -> SparkEngine | None:
        """Return the engine; None if the rows are built in this process."""
        address = self.address or home.settings.engine.get_secret_value()
        return _opened(address) if address else None


@cache
def _opened(address: str) -> SparkEngine:
    from storage.spark.engine import SparkEngine

    return SparkEngine(address)
