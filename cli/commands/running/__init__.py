"""Start the pilot or a part of it, prepare it, and check what runs."""
