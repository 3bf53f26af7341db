"""The 30-day report: its frozen model, its charts, and the PDF and page that are made from it."""
