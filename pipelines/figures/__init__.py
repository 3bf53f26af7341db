"""A day's figures: KPIs, uptime, latency, and the comparison of decisions."""
