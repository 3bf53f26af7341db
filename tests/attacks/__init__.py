"""Bounded attacks on a replica of this checkout, on loopback only."""
