"""The journey: one test session on the running pilot, from customer's page to manager's figures.

It proves that the pilot works end to end (`pilot journey`), and is no part of the product. It has an independent
encoder for `docs/protocol.md`, so that it finds faults that edge and page share.
"""
