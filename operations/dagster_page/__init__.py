"""Dagster's page behind a gate: Host and Origin checked, read-only until a one-time link signs in."""
