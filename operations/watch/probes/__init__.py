"""Probes of the service, from this host and from a second one."""
