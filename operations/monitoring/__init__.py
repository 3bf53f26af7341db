"""Metrics of each process, the declaration of the technical alerts, and what is generated from it."""
