"""Evaluates the part of Prometheus' query language that the alerts use, so that they work without Prometheus."""
