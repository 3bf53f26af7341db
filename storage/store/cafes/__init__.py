"""Cafés and their doors: codes, states, trial slots, switches, customer counts, labels of feedback."""
