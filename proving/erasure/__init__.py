"""The erasure proof: a guest passes through everything, is erased, and is searched for in every byte left."""
