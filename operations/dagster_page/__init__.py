"""Dagster's page behind the sign-in: Host and Origin checked, read-only but for two roles."""
