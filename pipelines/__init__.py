"""What is computed, frames in and frames out: sessions, turns, scoring, uptime, KPIs.

Pure: no clock, no file, no engine.
"""
