"""The clockwork and the runbook's procedures: watch, probes, the process supervisor, QR sheets."""
