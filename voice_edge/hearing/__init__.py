"""Hearing: where speech begins and ends, and which words it was."""
