"""The Dagster graph: assets, checks, partitions, sensors, schedules.

An asset reads its inputs, calls one pure function, writes the result and adds metadata. Arithmetic belongs in
`pipelines`.
"""
