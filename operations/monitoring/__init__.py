"""Monitoring: each process's metrics, the technical alerts' declaration, and what is generated from it."""
