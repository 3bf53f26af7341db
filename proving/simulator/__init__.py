"""Believable pilots of any size, through the same landing as real sessions."""
