"""The store: transactional, small data in SQLite or, by URL, PostgreSQL; one module per noun.

It never contains customers' words.
"""
