"""Load: several simulated guests talk to a running edge at once, in real time, and every answer is timed.

The guests know where their voice ends from the recording itself, and note how late they themselves were: a generator
that cannot keep up says so instead of blaming the edge.
"""
