"""The operator's switches: maintenance, fallback, disabled cafés, performance."""
