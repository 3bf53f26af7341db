"""Makes, lists, verifies and restores backups of a home."""
