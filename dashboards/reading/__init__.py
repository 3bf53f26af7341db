"""The pages' SQL queries, each filtered by the cafés that the reader may see."""
