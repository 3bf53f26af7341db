"""The journey: one test session on the running pilot, from customer's page to manager's figures.

It proves that the whole way works (`pilot journey`), and is no part of the product. It speaks `docs/protocol.md` with
an encoder of its own, so that it finds faults that edge and page share.
"""
