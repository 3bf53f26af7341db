"""The reports over many days: pilot, business impact and capacity, and the days that they cover."""
