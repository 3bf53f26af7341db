"""The commands of `pilot language`, one module for each subject."""
