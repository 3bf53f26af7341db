"""The day, the period and the café that a reader chose, kept in the address."""
