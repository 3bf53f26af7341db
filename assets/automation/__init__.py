"""Sensors, schedules, jobs, alerts of failed runs, and the cleanup of old runs."""
