"""What starts runs and cleans up after them: sensors, schedules, jobs, alerts of failed runs."""
