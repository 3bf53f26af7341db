"""Customer counts, reported by hand, through the API or from a till's file."""
