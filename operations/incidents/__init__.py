"""Incidents: detection, notices to managers, the archive of evidence, and the root-cause template."""
