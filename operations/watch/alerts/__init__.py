"""Alerts that the watch reports once: from tables, and when the figures are stale."""
