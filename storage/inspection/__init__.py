"""Inspects the store for operators: integrity, size, connections, locks and slow queries."""
