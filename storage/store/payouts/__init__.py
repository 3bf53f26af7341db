"""Payouts to recipients: claims, batches, attempts, what the provider reports, reconciliations."""
