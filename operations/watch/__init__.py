"""`pilot watch`: probes the service, reports alerts and runs payouts, independently of Dagster."""
