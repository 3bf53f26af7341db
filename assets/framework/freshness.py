"""The freshness policies: maximum ages before Dagster's page warns or fails."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

# Probes land every half minute, so today is rebuilt at least every `QUIET_REBUILD_SECONDS`
# (assets.automation.sensor) even in an empty café at night: older figures mean that the edge,
# the watch or the daemon is down.
FIGURES = dg.FreshnessPolicy.time_window(fail_window=timedelta(minutes=45), warn_window=timedelta(minutes=20))

# The suites judge rebuilt days every hour, and today is rebuilt all the time (see above).
VERDICTS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=4), warn_window=timedelta(hours=2))

# Tables built once a night: one missed night warns, two fail.
NIGHTLY = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=50), warn_window=timedelta(hours=27))

# Made once a month, on its first day.
MONTHLY = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=40), warn_window=timedelta(days=33))

# Built only on days with data due for removal: the longest limit, words, is 90 days.
LIMITS = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=120), warn_window=timedelta(days=100))
