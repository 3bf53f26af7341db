"""What the store keeps of erasing and keeping: day states, erasures and how far each has come."""
