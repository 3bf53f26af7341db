"""Cafés: codes, states, trial slots, switches, customer counts, labels of feedback, dangers."""
