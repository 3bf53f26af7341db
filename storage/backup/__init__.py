"""The parts of a backup: archive, sealing, and copies of lake tables, store and tombstones."""
