"""The Monday digest: a café's week in one letter to each of its managers."""
