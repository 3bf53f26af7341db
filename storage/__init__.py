"""The only room that opens files, lake tables or databases: landing, lake, store, tombstones."""
