"""Test sessions, loads, simulations and measurements."""
