"""The report as one HTML page, without scripts and without anything fetched from elsewhere."""
