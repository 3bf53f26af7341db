"""Signals between sessions: copies, rings, bursts, staff.

A signal never deletes feedback or changes its score: it caps the score for payment, holds the reward for a person's
review, or only notes a fact. `docs/signals.md` describes each signal.
"""
