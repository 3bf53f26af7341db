"""The reports over many days: the pilot, its impact, its capacity, and the days that they cover."""
