"""Everything that speaks HTTP: the application, its routes, the pages that it serves, the server."""
