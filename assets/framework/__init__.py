"""What every asset is built with: partitions, `@daily_table`, checks, suites, resources. No asset is defined here."""
