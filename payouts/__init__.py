"""The money: decisions, ledger, rails, webhooks, reconciliation."""
