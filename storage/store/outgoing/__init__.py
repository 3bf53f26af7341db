"""What leaves the pilot for others: digests and their outcomes."""
