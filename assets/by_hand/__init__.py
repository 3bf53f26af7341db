"""Runs that a person asks for: `pilot materialize`."""
