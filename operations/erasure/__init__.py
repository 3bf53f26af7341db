"""Erases a guest's session place by place, and verifies that no trace is left."""
