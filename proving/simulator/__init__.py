"""Simulated pilots of any size, for demos, tests and benchmarks; no part of the product.

There are two simulators with common chances, characters, phrases and happenings. `pilot_days` simulates guest by guest,
and its events pass through the append log and the landing like real ones: for the demo, the sensor and the pages.
`large_days` writes columns for ten thousand cafés and a million sessions a day straight to the lake: for benchmarks.
"""
