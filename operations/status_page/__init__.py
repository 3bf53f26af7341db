"""The customers' status page: static files that any web server or other host can serve."""
