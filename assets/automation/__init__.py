"""What starts runs and cleans up after them: the sensor, schedules, jobs, and the alerts of failed runs."""
