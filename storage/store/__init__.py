"""The store: what is transactional and small. SQLite by default, PostgreSQL by URL; one module a noun.

A customer's words never enter it.
"""
