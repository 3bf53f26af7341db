"""Load tests: many simulated guests talk to a running edge in real time; each answer is timed.

They prove how many guests an edge can serve (`pilot load-test`), and are no part of the product. The guests know the
end of their speech from the recording, and record their own delays, so that a slow generator is not taken for a slow
edge.
"""
