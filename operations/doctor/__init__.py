"""The pre-flight: checks of the host, its network, dependencies and configuration, without any impact."""
