"""Signals between sessions: copies, rings, bursts, staff.

A signal never deletes feedback and never changes its score: it caps what the score may be paid as, holds the reward
until a person has looked, or only notes something. `docs/signals.md` says what each means.
"""
