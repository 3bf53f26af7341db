"""How old the figures may be before Dagster's page says so."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

# The probes land every half minute, so today is rebuilt at least every `QUIET_REBUILD_SECONDS`
# (assets.automation.sensor) even in an empty café at night: older figures mean that the edge,
# the watch or the daemon is away.
FIGURES = dg.FreshnessPolicy.time_window(fail_window=timedelta(minutes=45), warn_window=timedelta(minutes=20))

# The suites look every hour at what was rebuilt, and today is rebuilt all the time (see above).
VERDICTS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=4), warn_window=timedelta(hours=2))

# What is built once a night, and must not miss two.
NIGHTLY = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=50), warn_window=timedelta(hours=27))

# Built only on days of which something is due: the longest limit, words, is 90 days.
LIMITS = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=120), warn_window=timedelta(days=100))
