"""Intervals: of shares and quantiles, and of figures clustered by café and day."""
