"""Runs that a person requests with `pilot materialize`."""
