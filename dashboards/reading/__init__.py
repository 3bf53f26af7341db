"""What the pages read: every SQL query, each filtered by the cafés that the reader may see."""
