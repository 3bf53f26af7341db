"""The technical alerts, declared once: Prometheus' rules are generated from them, and the watch evaluates them."""
