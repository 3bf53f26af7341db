"""Parses tills' exports into customers by day, without engine, file or clock."""
