"""The weekly maintenance: its schedule, its steps, and its performance report."""
