"""What a reader does on a page: notes, labels, counts, exports."""
