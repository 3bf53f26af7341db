"""Alerts: what the watch reports once, from tables and from the figures standing still."""
