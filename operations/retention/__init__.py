"""Removes data and backups past their time limits, and verifies the removal."""
