"""Guests' data: erasure, export, time limits, backups."""
