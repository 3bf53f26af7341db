"""Dagster: assets, checks, partitions, sensors, schedules. No arithmetic: read, one call, write, metadata."""
