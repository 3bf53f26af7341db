"""Probes: what is probed, how, from this host and from a second one."""
