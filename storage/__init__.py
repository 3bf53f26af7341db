"""The only room that opens landing segments, lake tables and databases."""
