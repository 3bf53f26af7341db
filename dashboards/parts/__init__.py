"""Parts of pages, drawn from readings."""
