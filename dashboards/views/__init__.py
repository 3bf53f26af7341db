"""One file per page: what it shows, in the order in which it is drawn."""
