"""Recomputes every figure of the pages by independent queries, for each role and café."""
