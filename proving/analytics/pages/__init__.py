"""The pages' figures, one file a page: what a page shows, and the queries that recompute it."""
