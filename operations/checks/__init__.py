"""Checks: named, limited in time, run at once, each with found, required and a remedy."""
