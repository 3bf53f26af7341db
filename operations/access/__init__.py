"""Checks every request to the pages, Dagster and monitoring against the store, before they see it."""
