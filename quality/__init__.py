"""Great Expectations suites: the requirements on each table."""
