"""Erases sessions from the landing, the lake and the files beside them, and verifies it."""
