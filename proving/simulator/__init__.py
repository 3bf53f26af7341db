"""Simulated pilots of any size, for demos, tests and benchmarks; no part of the product.

There are two ways, which share chances, characters, phrases and happenings. `pilot_days` simulates guest by guest, and
its events go through the append log and the landing like real ones: for the demo, the sensor and the pages.
`large_days` makes columns for ten thousand cafés and a million sessions a day, straight into the lake: for benchmarks.
"""
