"""The cafés: their file, states, codes and customer counts."""
