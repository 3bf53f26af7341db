"""The command `pilot`: one lazily loaded file per noun."""
