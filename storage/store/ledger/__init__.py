"""The ledger: double entry, its rows for a bookkeeper, and the auditor that shares no code with it."""
