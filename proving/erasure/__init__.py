"""The erasure proof: no byte of an erased guest is left in a home, its backups or a restored home.

Run by `make prove-erasure`; no part of the product.
"""
