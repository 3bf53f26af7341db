"""The data team's commands: landing, quality, days, rebuilds, contracts."""
