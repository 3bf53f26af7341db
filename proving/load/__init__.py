"""Load tests: many simulated guests talk to a running edge in real time; each answer is timed.

They measure the number of guests that an edge can serve (`pilot load-test`), and are no part of the product. The end of
speech is known from the recording, and guests record their own delays, so that a slow generator is not mistaken for a
slow edge.
"""
