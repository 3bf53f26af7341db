"""HTTP: the application, its routes and pages, and the server."""
