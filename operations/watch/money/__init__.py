"""Money in the watch: decisions that wait, batches, payouts, reconciliation, and their alerts."""
