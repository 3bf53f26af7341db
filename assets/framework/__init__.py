"""The building blocks of assets: partitions, `@daily_table`, checks, suites, resources."""
