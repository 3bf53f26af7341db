"""The technical alerts, declared once for Prometheus' rules and for the watch's own evaluation."""
