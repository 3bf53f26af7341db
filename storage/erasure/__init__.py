"""Erasing: takes sessions out of the landing, the lake and the files beside them, and looks whether they are gone."""
