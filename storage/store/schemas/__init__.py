"""The tables of the store as SQLAlchemy declares them; the migrations create them."""
