"""Letters to managers who have not answered the survey."""
