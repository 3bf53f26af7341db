"""The watch's money jobs: overdue decisions, batches, payouts, reconciliation, and their alerts."""
