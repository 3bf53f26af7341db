"""What must be true of each table: Great Expectations suites."""
