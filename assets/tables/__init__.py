"""The assets, one file each, named after the table that it writes."""
