"""The subcommands of `pilot`, one module each, imported when it is called."""
