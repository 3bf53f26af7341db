"""Evaluates the part of Prometheus' query language that the alerts use, without Prometheus."""
