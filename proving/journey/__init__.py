"""The journey: one test session all the way, as a customer's phone would make it, watched to the manager's figures.

Speaks `docs/protocol.md` with an encoder of its own, so that a fault that edge and page share is still found.
"""
