"""The command `pilot`: one module for each subcommand, imported when it is called."""
