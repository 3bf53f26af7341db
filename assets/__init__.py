"""The Dagster graph: assets, checks, partitions, sensors, schedules.

An asset reads, calls one pure function, writes and adds metadata. Arithmetic belongs in `pipelines`.
"""
