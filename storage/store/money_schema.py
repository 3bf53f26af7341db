"""The money's tables: decisions, ledger, batches, vouchers, recipients, provider events."""
