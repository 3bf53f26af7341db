"""Grafana's four dashboards, from code, as classic JSON that its provisioning reads."""
