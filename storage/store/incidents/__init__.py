"""Incidents: their timeline, actions, notices to managers, and the status that the public reads."""
