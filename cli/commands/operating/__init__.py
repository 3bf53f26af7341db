"""Operating the pilot: pre-flight, health, figures, logs, hosts, contacts, training."""
