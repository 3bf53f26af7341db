"""What a café could do this week, what became of the last week, and how well guests were answered."""
