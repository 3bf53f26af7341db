"""Erasures, tombstones, time limits, and the days that are closed or redacted."""
