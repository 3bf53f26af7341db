"""What assets are built with: partitions, `@daily_table`, checks, suites, resources; no asset itself."""
