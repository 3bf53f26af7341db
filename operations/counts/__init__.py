"""Customer counts as they come in: by hand, from a till's file, through the API."""
